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

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
