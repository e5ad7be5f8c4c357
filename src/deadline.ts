/** The promise was not settled in time. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
}

/**
 * What `run` gives, or a rejection when it throws, rejects or takes too long. What is at hand comes without a promise.
 *
 * @throws whatever `run` throws synchronously
 */
export function within<T>(timeoutMs: number, run: () => T | PromiseLike<T>): T | Promise<T> {
  const value = run();
  if (!isThenable(value)) return value;
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineExceeded()), timeoutMs);
    Promise.resolve(value)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

const STEP_MS = 10;

/**
 * What `run` gives, or a rejection when it throws, rejects or takes too long; for answers that come within moments. The
 * time is counted in steps, and one that comes late counts no more than one in time: it was this process that was busy,
 * and the answer may be there already.
 */
export function inSteps<T>(budgetMs: number, run: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer = setTimeout(step, STEP_MS, Math.ceil(budgetMs / STEP_MS) - 1);
    function step(left: number): void {
      // What has come while this process was busy is read before that.
      if (left === 0) setImmediate(() => reject(new DeadlineExceeded()));
      else timer = setTimeout(step, STEP_MS, left - 1);
    }
    Promise.resolve()
      .then(run)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
