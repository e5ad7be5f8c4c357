import { providerOf, type Stage, type Way } from "./ways.js";

/** What a worker is told: the requests that the load balancer sent to it, as ID tokens, in order. */
export interface Job {
  readonly way: Way;
  readonly stage: Stage;
  readonly idTokens: readonly string[];
  readonly concurrency: number;
}

/** Milliseconds of each request, and how many failed. */
export interface JobResult {
  readonly milliseconds: readonly number[];
  readonly failures: number;
}

process.once("message", (job: Job) => {
  void work(job).then((result) => {
    process.send?.(result, () => process.disconnect());
  });
});

async function work({ way, stage, idTokens, concurrency }: Job): Promise<JobResult> {
  const provider = await providerOf(way, stage);
  const milliseconds: number[] = [];
  let failures = 0;
  const queue = idTokens.values();
  const lane = async () => {
    for (const idToken of queue) {
      try {
        milliseconds.push(await provider.provide(idToken));
      } catch {
        failures += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  await provider.close();
  return { milliseconds, failures };
}
