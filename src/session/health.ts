import type { Federation } from "../credentials/federation.js";
import type { SealedStore } from "../store/sealed-store.js";
import type { TokenVerifier } from "../tokens/verifier.js";

/** How an engine does, for a health route. */
export interface SessionHealth {
  /** False where no key set can be relied on: tokens cannot be verified. */
  readonly ready: boolean;
  /** Each configured user pool, in order. */
  readonly userPools: readonly {
    /** The user pool's id. */
    readonly userPoolId: string;
    /** How many keys are known. */
    readonly keys: number;
    /** Seconds since the keys were fetched; undefined before the first fetch. */
    readonly keysAgeSeconds: number | undefined;
  }[];
  /** How many users' AWS credentials are kept. */
  readonly cachedCredentials: number;
  /**
   * Whether the shared store, where there is one, is being asked: not for a while after three failures in a row. Requests
   * without a browser session go on either way.
   */
  readonly storeIsUp?: boolean;
}

/** Looks at what an engine has. Makes no call. */
export function healthOf(
  { sources }: Pick<TokenVerifier, "sources">,
  { size }: Pick<Federation, "size">,
  stores: readonly Pick<SealedStore, "isUp">[] | undefined,
): SessionHealth {
  return {
    ready: sources.every(({ keySet }) => keySet.isUsable),
    userPools: sources.map(({ pool: { userPoolId }, keySet }) => ({
      userPoolId,
      keys: keySet.size,
      keysAgeSeconds: Number.isFinite(keySet.ageMs) ? Math.round(keySet.ageMs / 1000) : undefined,
    })),
    cachedCredentials: size,
    ...(stores && { storeIsUp: stores.every(({ isUp }) => isUp) }),
  };
}
