/** Gives a lock back. Gives nothing back where it was lost meanwhile. */
export type ReleaseLock = () => Promise<void>;

/**
 * Where processes share what they know: opaque, sealed strings under opaque names. Implement it over any key-value
 * store with expiry; `sessionStoreCases()` of `cognito-auth-session/testing` tells whether you did. Rejections and
 * waits are expected: no request fails because of them.
 *
 * @example
 * ```ts
 * const store: SessionStore = {
 *   get: async (key) => (await table.read(key))?.value,
 *   set: async (key, value, ttlSeconds) => table.write(key, { value, ttlSeconds }),
 *   delete: async (key) => table.remove(key),
 * };
 * ```
 */
export interface SessionStore {
  /** Connects. Called once, before the first use, and given a second; without it the first use has the time of any other. */
  connect?(): Promise<void>;
  /** The value under a key; undefined where there is none, or where its time is over. */
  get(key: string): Promise<string | undefined>;
  /** Puts a value under a key, in place of another, for `ttlSeconds` (a whole number, at least 1). */
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  /** Removes a key. One that is not there is no error. */
  delete(key: string): Promise<void>;
  /**
   * Takes a lock, unless another holds it: undefined then. It ends after `ttlSeconds` whatever happens. Releasing it
   * must not release the lock of another, who took it after it had ended.
   */
  lock?(key: string, ttlSeconds: number): Promise<ReleaseLock | undefined>;
  /** Closes connections that the store opened itself. */
  close?(): Promise<void>;
}
