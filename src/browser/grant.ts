import type { UserPoolConfig } from "../config/config.js";
import type { Outcome } from "../errors/outcome.js";
import type { Lock } from "../store/sealed-store.js";

/** The tokens of one sign-in, raw, as they are kept. */
export interface Grant {
  readonly accessToken: string;
  readonly idToken: string;
  readonly refreshToken?: string | undefined;
  /** Whether the app client gave a new refresh token when it was asked last. */
  readonly rotates?: boolean | undefined;
  /** Stands here from before the refresh token is sent until what became of it is known. */
  readonly sentAtMs?: number | undefined;
  /** Rises with each change. */
  readonly revision: number;
}

/** While keys are changed several may be found; an older one is of before a refresh. */
export function newestOf(grants: readonly Grant[]): Grant | undefined {
  return [...grants].sort((a, b) => b.revision - a.revision)[0];
}

/** Whose tokens they are. */
export interface GrantOwner {
  readonly pool: UserPoolConfig;
  readonly clientId: string;
  readonly username: string | undefined;
  /** Undefined where nothing that was verified tells. */
  readonly sub: string | undefined;
  readonly deviceKey?: string | undefined;
}

/** What became of a grant that was to be kept: the session may have been ended meanwhile. */
export type Kept = "saved" | "ended" | "failed";

/** The place that a sign-in's tokens are kept in, shared by all processes that use the store. */
export interface GrantSlot {
  /** Equal for requests of one sign-in, and for no others. */
  readonly key: string;
  readonly owner: GrantOwner;
  /** What is kept now; undefined where there is nothing (any more). */
  load(): Promise<Outcome<Grant | undefined>>;
  /** @param isLate whether nobody was given them when they came: they are to be there whenever somebody asks */
  save(grant: Grant, isLate?: boolean): Promise<Kept>;
  lock(ttlSeconds: number): Promise<Lock>;
}
