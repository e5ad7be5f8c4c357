import type { Connection } from "./connection.js";
import type { Source } from "./source.js";
import type { Tally } from "./tally.js";

/** Each connection sends its next request as soon as it was answered: how much a server can do. */
export function closedLoop(
  connections: readonly Connection[],
  source: Source,
  tally: Tally,
  { milliseconds, requests = Number.POSITIVE_INFINITY }: { milliseconds: number; requests?: number | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
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
}
