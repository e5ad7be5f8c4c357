import { cpus } from "node:os";
import type { Connection } from "./connection.js";
import type { Source } from "./source.js";
import type { Tally } from "./tally.js";

/** With one core for all, what looks all the time takes it from the server. */
const HAS_A_CORE = cpus().length > 1;

interface Limits {
  readonly milliseconds: number;
  readonly requests?: number | undefined;
  readonly sleeps?: boolean | undefined;
}

/**
 * Each connection sends its next request as soon as it was answered: how much a server can do.
 *
 * The load does not sleep while it waits. A server that answers a sleeping process has to wake its core, which costs the
 * server some microseconds, in a virtual machine above all; and the slower the server, the more often the load sleeps, so
 * that slow servers would pay for what fast ones are spared.
 */
export function closedLoop(
  connections: readonly Connection[],
  source: Source,
  tally: Tally,
  { milliseconds, requests = Number.POSITIVE_INFINITY, sleeps = false }: Limits,
): Promise<void> {
  let isOver = false;
  const look = () => {
    if (!isOver) setImmediate(look);
  };
  if (HAS_A_CORE && !sleeps) look();
  const answered = new Promise<void>((resolve, reject) => {
    const endsAt = performance.now() + milliseconds;
    let open = 0;
    let sent = 0;
    const send = (connection: Connection): boolean => {
      const request = sent < requests && performance.now() < endsAt ? source.next() : undefined;
      if (request === undefined) return false;
      sent += 1;
      open += 1;
      connection.send(request, { onAnswer, onFailure: reject });
      return true;
    };
    const onAnswer = (connection: Connection, status: string) => {
      open -= 1;
      tally.count(status);
      if (!send(connection) && open === 0) resolve();
    };
    for (const connection of connections) send(connection);
    if (open === 0) resolve();
  });
  return answered.finally(() => {
    isOver = true;
  });
}
