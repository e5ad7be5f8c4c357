import type { Clock } from "../clock.js";
import { AuthError } from "../errors/auth-error.js";
import { failed, type Outcome } from "../errors/outcome.js";
import { ownValue } from "../tokens/json.js";
import { type HeldTokens, verifyBoth } from "../tokens/pair.js";
import type { VerifiedToken } from "../tokens/verified-token.js";
import type { TokenVerifier } from "../tokens/verifier.js";
import type { Grant, GrantSlot } from "./grant.js";
import type { GrantRenewal } from "./grant-renewal.js";

/** Tokens are renewed when they have so long left, as Amplify and the AWS SDK do. */
const RENEW_BEFORE_SECONDS = 300;

const NOT_GOOD = {
  recoverySuggestion:
    "The tokens that a refresh gave do not pass: look at this server's clock, and at the issuer and keys of the user pool.",
};

/** The tokens of a sign-in, verified, and the raw ones that they came from. */
export interface LiveTokens {
  readonly tokens: HeldTokens;
  readonly grant: Grant;
  /** When the session ends at the latest, where it does. */
  readonly endsAtMs?: number;
}

/** What there is of a session: its tokens, nothing any more, or why it cannot be told. */
export type Liveness = Outcome<LiveTokens | undefined>;

/** Turns what is kept of a sign-in into tokens that are good, by refreshing them where they age. */
export class LiveGrants {
  readonly #clock: Clock;
  readonly #verifier: Pick<TokenVerifier, "verify">;
  readonly #renewal: Pick<GrantRenewal, "renew" | "reject">;

  constructor(parts: {
    readonly clock: Clock;
    readonly verifier: Pick<TokenVerifier, "verify">;
    readonly renewal: Pick<GrantRenewal, "renew" | "reject">;
  }) {
    this.#clock = parts.clock;
    this.#verifier = parts.verifier;
    this.#renewal = parts.renewal;
  }

  /**
   * Tokens that are good now. An error of code `refresh_failed` or `session_mismatch` means that the session is over.
   *
   * @param seen what is kept
   * @param isForced renew what is still good as well, or fail
   */
  async current(slot: GrantSlot, seen: Grant, isForced: boolean): Promise<Liveness> {
    const verified = await this.#verify(slot, seen);
    if (failed(verified) && (verified.status >= 500 || verified.code === "session_mismatch")) return verified;
    const good = failed(verified) ? undefined : { tokens: verified, grant: seen };
    if (good !== undefined && !isForced && this.renewInSeconds(good.tokens) > 0) return good;
    if (seen.refreshToken === undefined) return good ?? (failed(verified) ? verified : undefined);
    const renewal = await this.#renewal.renew(slot, { seen, mayWait: isForced || good === undefined });
    if (renewal.kind === "renewed") return this.#adopt(slot, renewal.grant);
    if (renewal.kind === "gone") return undefined;
    if (renewal.kind === "over") return renewal.error;
    // The present tokens will do, where they are good and nobody insists.
    if (good !== undefined && !isForced) return good;
    return renewal.kind === "spent" && good === undefined ? new AuthError("refresh_failed") : renewal.error;
  }

  /** Seconds until the tokens are to be renewed; 0 or less where they are due. */
  renewInSeconds({ access, id }: HeldTokens): number {
    const nowSeconds = this.#clock() / 1000;
    return Math.min(
      ...[access, id].flatMap((token) => token ?? []).map((token) => renewFromSeconds(token) - nowSeconds),
    );
  }

  async #adopt(slot: GrantSlot, grant: Grant): Promise<Liveness> {
    const tokens = await this.#verify(slot, grant);
    if (!failed(tokens)) return { tokens, grant };
    if (tokens.status >= 500 || tokens.code === "session_mismatch") return tokens;
    // Fresh from Cognito and no good: it is this server that judges wrongly. Nobody is signed out for it.
    const error = new AuthError("credentials_unavailable", NOT_GOOD);
    this.#renewal.reject(slot.key, error);
    return error;
  }

  /** Whoever's tokens are kept, or come back from a refresh: they are the same user's, or nobody's. */
  async #verify({ owner }: GrantSlot, grant: Grant): Promise<Outcome<HeldTokens>> {
    const tokens = await verifyBoth(this.#verifier, grant.accessToken, grant.idToken);
    if (failed(tokens)) return tokens;
    const { access } = tokens;
    const isOwners =
      access?.pool === owner.pool &&
      access.clientId === owner.clientId &&
      (owner.sub === undefined || access.sub === owner.sub) &&
      (owner.username === undefined || access.username === owner.username);
    return isOwners ? tokens : new AuthError("session_mismatch");
  }
}

/** Tokens that live for less than ten minutes are renewed from half of their life on. */
function renewFromSeconds({ expSeconds, payload }: VerifiedToken): number {
  const issuedAt = ownValue(payload, "iat");
  const lifetimeSeconds = typeof issuedAt === "number" ? expSeconds - issuedAt : Number.POSITIVE_INFINITY;
  return expSeconds - Math.min(RENEW_BEFORE_SECONDS, lifetimeSeconds / 2);
}
