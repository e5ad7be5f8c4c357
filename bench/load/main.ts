import { closedLoop } from "./closed-loop.js";
import type { Answer, Order, Outcome } from "./messages.js";
import { openLoop } from "./open-loop.js";
import { connectionsTo } from "./pool.js";
import { Source } from "./source.js";
import { Tally } from "./tally.js";

/** The load, in a process of its own: takes orders by message, one at a time. */
process.once("disconnect", () => process.exit());
process.on("message", (order: Order) => {
  carryOut(order).then(
    (outcome) => reply({ outcome }),
    (error: unknown) => reply({ failure: error instanceof Error ? error.message : String(error) }),
  );
});

function reply(answer: Answer): void {
  process.send?.(answer);
}

async function carryOut(order: Order): Promise<Outcome> {
  const { port, stream, milliseconds, requests, rate, sleeps, seed = 1 } = order;
  const connections = await connectionsTo(port, order.connections);
  const source = new Source(stream);
  const tally = new Tally();
  const startedAt = performance.now();
  const latencies =
    rate === undefined
      ? await closedLoop(connections, source, tally, { milliseconds, requests, sleeps }).then(() => [])
      : await openLoop(connections, source, tally, { milliseconds, rate, seed });
  const took = performance.now() - startedAt;
  return {
    requests: tally.requests,
    milliseconds: took,
    statuses: tally.statuses,
    repeatedAt: source.repeatedAt,
    onceAt: source.onceAt,
    latencies,
  };
}
