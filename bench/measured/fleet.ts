import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Job, JobResult } from "./worker.js";

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));

/** Runs jobs side by side, each in a process of its own that has just started. */
export async function runFleet(jobs: readonly Job[]): Promise<JobResult> {
  const results = await Promise.all(jobs.map(runOne));
  return {
    milliseconds: results.flatMap(({ milliseconds }) => milliseconds),
    failures: results.reduce((sum, { failures }) => sum + failures, 0),
  };
}

async function runOne(job: Job): Promise<JobResult> {
  // The SDK's advice about Node's version would come from each of them.
  const child = fork(WORKER, { env: { ...process.env, NODE_NO_WARNINGS: "1" } });
  const exited = once(child, "exit");
  const ended = exited.then(([code]): never => {
    throw new Error(`A worker ended with ${code}.`);
  });
  child.send(job);
  // Our own worker sends nothing else.
  const [result] = (await Promise.race([once(child, "message"), ended])) as [JobResult];
  await exited;
  ended.catch(() => {});
  return result;
}
