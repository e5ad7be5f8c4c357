import type { Connection } from "./connection.js";
import type { Source } from "./source.js";
import type { Tally } from "./tally.js";

/** Requests as they come. */
export interface Arrivals {
  readonly milliseconds: number;
  /** Requests a second. */
  readonly rate: number;
  readonly seed: number;
}

/**
 * Requests come when they come, as from many users who know nothing of each other (a Poisson process), and wait where
 * no connection is free. Latency counts from when a request was due: a server that stalls is not spared what it missed.
 *
 * @returns milliseconds of each request
 */
export function openLoop(
  connections: readonly Connection[],
  source: Source,
  tally: Tally,
  { milliseconds, rate, seed }: Arrivals,
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const latencies: number[] = [];
    const idle = [...connections];
    const waiting: number[] = [];
    const random = uniform(seed);
    const gapMs = () => (-Math.log(1 - random()) * 1000) / rate;
    const startedAt = performance.now();
    let dueAt = startedAt + gapMs();
    let failed = false;

    const dispatch = () => {
      while (waiting.length > 0 && idle.length > 0) {
        const request = source.next();
        const connection = idle.pop();
        const due = waiting.shift();
        if (request === undefined || connection === undefined || due === undefined) return;
        connection.send(request, {
          onAnswer: (answered, status) => {
            latencies.push(performance.now() - due);
            tally.count(status);
            idle.push(answered);
            dispatch();
          },
          onFailure: (error) => {
            failed = true;
            reject(error);
          },
        });
      }
    };
    // Timers are a millisecond apart at best. This core has nothing else to do, so it looks all the time.
    const look = () => {
      if (failed) return;
      const now = performance.now();
      const isOver = now - startedAt >= milliseconds;
      for (; !isOver && dueAt <= now; dueAt += gapMs()) waiting.push(dueAt);
      dispatch();
      if (isOver && waiting.length === 0 && idle.length === connections.length) resolve(latencies);
      else setImmediate(look);
    };
    look();
  });
}

/** Mulberry32: the same seed gives the same arrivals to both servers of a pair. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
