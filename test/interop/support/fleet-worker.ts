import { SessionManager } from "cognito-auth-session";
import { redisStore } from "cognito-auth-session/redis";
import type { Job, Result } from "./fleet.js";

/** One API process of a fleet: answers for the users it is asked about, as its middleware would. It was not warmed up. */
process.on("message", (job: Job) => {
  void work(job).then((result) => process.send?.(result));
});

let sessions: SessionManager | undefined;

async function work({ options, redisUrl, encryptionKey, tokens, rounds, concurrency, pauseMs }: Job): Promise<Result> {
  sessions ??= new SessionManager({
    ...options,
    store: redisStore({ url: redisUrl }),
    encryptionKeys: [encryptionKey],
  });
  const accessKeys: Record<string, string[]> = {};
  const errors: Record<string, number> = {};
  const latenciesMs: number[] = [];
  const queue = Array.from({ length: rounds }, () => shuffle(Object.entries(tokens))).flat();
  const one = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [user, token] = next;
      const startedMs = performance.now();
      try {
        const session = await sessions?.getSession({ headers: { authorization: `Bearer ${token}` } });
        const accessKeyId = session?.credentials?.accessKeyId ?? "none";
        accessKeys[user] = [...new Set([...(accessKeys[user] ?? []), accessKeyId])];
      } catch (error) {
        const name = error instanceof Error && "code" in error ? String(error.code) : String(error);
        errors[name] = (errors[name] ?? 0) + 1;
      }
      latenciesMs.push(performance.now() - startedMs);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  return { accessKeys, errors, requests: latenciesMs.length, slowestMs: Math.max(...latenciesMs) };
}

function shuffle<T>(list: T[]): T[] {
  return list
    .map((entry) => [Math.random(), entry] as const)
    .sort(([a], [b]) => a - b)
    .map(([, entry]) => entry);
}
