/**
 * What a store needs of a client: `createClient()`, `createCluster()` and `createSentinel()` of the `redis` package
 * have it. Written down here because that package is an optional peer: its types must not be needed by those who have
 * no use for it.
 */
export interface RedisClient {
  /** Whether it was told to connect. */
  readonly isOpen?: boolean;
  /** Whether it can send commands now. */
  readonly isReady?: boolean;
  /** Connects. */
  connect(): Promise<unknown>;
  /** Has a listener told of errors. */
  on(event: "error", listener: (error: unknown) => void): unknown;
  /** How many listeners are told of errors. */
  listenerCount(event: "error"): number;
  /** GET: the value, null for none. */
  get(key: string): Promise<string | null>;
  /** SET with a time to live: `EX` in seconds, `PX` in milliseconds; `NX` only where there is no value. */
  set(key: string, value: string, options: SetOptions): Promise<unknown>;
  /** DEL. */
  del(key: string): Promise<unknown>;
  /** EVAL of a Lua script, with its keys and arguments. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** The older spelling, which every version from 4 on understands. */
type SetOptions = { EX: number } | { PX: number; NX: true };

/** Runs commands. Rejections are `StoreFailure`s, or a `ConfigurationError` for what no retry mends. */
export interface RedisConnection {
  run<T>(command: (client: RedisClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** How long to wait for a connection, in milliseconds: TCP and TLS, then once more for Redis' own greeting. */
export const CONNECT_MS = 1_000;
/** How long to wait for the answer to a command, connection included, in milliseconds. */
export const CALL_MS = 2_000;
