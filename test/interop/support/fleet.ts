import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LocalCognitoConfig } from "cognito-auth-session/testing";

/** What a process of the fleet is asked to do. */
export interface Job {
  readonly options: LocalCognitoConfig;
  readonly redisUrl: string;
  readonly encryptionKey: string;
  /** ID tokens by user. */
  readonly tokens: Readonly<Record<string, string>>;
  /** How often each user comes. */
  readonly rounds: number;
  readonly concurrency: number;
  /** Between two requests of one of the concurrent clients. */
  readonly pauseMs: number;
}

/** What a process of the fleet saw. */
export interface Result {
  /** The different access keys that each user was given. */
  readonly accessKeys: Readonly<Record<string, readonly string[]>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly slowestMs: number;
}

/** API processes that share nothing but a Redis. */
export class Fleet {
  readonly #processes: readonly ChildProcess[];

  constructor(size: number) {
    const worker = join(import.meta.dirname, "fleet-worker.ts");
    this.#processes = Array.from({ length: size }, () => fork(worker, { execArgv: ["--import", "tsx"] }));
  }

  /** Has all processes do a job at once. */
  run(job: Job): Promise<Result[]> {
    return Promise.all(
      this.#processes.map(async (child) => {
        child.send(job);
        const [result] = await Promise.race([once(child, "message"), ended(child)]);
        return result;
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#processes.map(async (child) => {
        if (child.exitCode !== null) return;
        child.kill("SIGKILL");
        await once(child, "exit");
      }),
    );
  }
}

async function ended(child: ChildProcess): Promise<never> {
  const [code] = await once(child, "exit");
  throw new Error(`A process of the fleet ended with ${code}.`);
}
