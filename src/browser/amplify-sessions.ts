import { hash } from "node:crypto";
import type { Config, CookieConfig, UserPoolConfig } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import { failed, type Outcome } from "../errors/outcome.js";
import type { SealedStore } from "../store/sealed-store.js";
import type { RequestHead } from "../tokens/bearer.js";
import type { TokenUse } from "../tokens/claims.js";
import { decodeToken } from "../tokens/decode.js";
import { ownValue } from "../tokens/json.js";
import type { TokenVerifier } from "../tokens/verifier.js";
import { type AmplifyTokens, clearAmplifyCookies, readAmplifyCookies, writeAmplifyCookies } from "./amplify-cookies.js";
import { readCookies } from "./cookie-header.js";
import { type CookieSession, type CookieSource, type EndedSession, isOver } from "./cookie-session.js";
import { type Grant, type GrantOwner, type GrantSlot, newestOf } from "./grant.js";
import type { GrantRenewal } from "./grant-renewal.js";
import { readGrant } from "./kept-shapes.js";
import type { LiveGrants, Liveness } from "./live-grants.js";
import type { CookieSink } from "./session-cookie.js";

/** Requests that were on their way with the old refresh token get the new tokens for so long: Cognito's own longest grace period. */
const SHARED_SECONDS = 60;
/** A refresh token that may be spent is remembered for as long as Cognito's default lets one live. */
const SENT_SECONDS = 30 * 24 * 3600;
/** New tokens that no browser has got wait for it as long as they are good. */
const LATE_SECONDS = 3600;
const ACCESS: ReadonlySet<TokenUse> = new Set(["access"]);
const COOKIE_SECONDS = 365 * 24 * 3600;

/** What Amplify's sessions work with. */
export interface AmplifySessionsParts {
  readonly config: Pick<Config, "userPools">;
  readonly cookies: Pick<CookieConfig, "kind" | "isSecure">;
  /** Where processes tell each other of refreshes. */
  readonly store: SealedStore;
  readonly grants: LiveGrants;
  readonly renewal: Pick<GrantRenewal, "settle">;
  readonly verifier: Pick<TokenVerifier, "isOurs">;
}

/**
 * Sessions in the cookies of Amplify's server-side adapters. All of them can be written by the client, so they are
 * treated like tokens in a header: verified in full, by our clock.
 */
export class AmplifySessions implements CookieSource {
  readonly #parts: AmplifySessionsParts;
  readonly #poolOfClient: ReadonlyMap<string, UserPoolConfig>;

  constructor(parts: AmplifySessionsParts) {
    this.#parts = parts;
    this.#poolOfClient = new Map(
      parts.config.userPools.flatMap((pool) =>
        [...(pool.clientIds ?? [])].map((clientId) => [clientId, pool] as const),
      ),
    );
  }

  find(head: RequestHead, sink: CookieSink | undefined): Outcome<CookieSession | undefined> {
    const cookies = readCookies(head);
    if (failed(cookies)) return cookies;
    const given = readAmplifyCookies(cookies, this.#poolOfClient.keys());
    if (failed(given) || given === undefined) return given;
    const pool = this.#poolOfClient.get(given.clientId);
    if (pool === undefined) return undefined;
    const { clientId, username, deviceKey } = given;
    const owner = { pool, clientId, username, deviceKey, sub: claimOf(given, "sub") };
    const clear = () => {
      for (const cookie of clearAmplifyCookies(cookies, clientId, username)) sink?.add(cookie);
    };
    // A request may go on for hours: what was refreshed for it is not refreshed with the token that it came with.
    let latest = given;
    return {
      open: async (isForced) => {
        const live = await this.#open(owner, latest, sink, isForced);
        if (failed(live) && isOver(live)) clear();
        if (live !== undefined && !failed(live)) {
          const { accessToken, idToken, refreshToken = latest.refreshToken } = live.grant;
          latest = { ...given, accessToken, idToken, ...(refreshToken !== undefined && { refreshToken }) };
        }
        return live;
      },
      end: async () => {
        const ended = await this.#ended(owner, latest);
        clear();
        return ended;
      },
    };
  }

  /** What there is to revoke. Whose sign-in it is has to be verified: the cookies could name anybody's. */
  async #ended(owner: GrantOwner, given: AmplifyTokens): Promise<EndedSession | undefined> {
    const isTheirs = claimOf(given, "username") === owner.username;
    if (!isTheirs || !(await this.#parts.verifier.isOurs(given.accessToken, ACCESS))) return undefined;
    const grant = grantOf(given, given.refreshToken);
    const slot = this.#slotOf(owner, grant);
    const kept = await slot.load();
    const { refreshToken, ...newest } = failed(kept) || kept === undefined ? grant : kept;
    const live = await this.#parts.grants.current(slot, newest, false);
    return { owner, refreshToken, originJti: failed(live) ? undefined : live?.tokens.access?.originJti };
  }

  async #open(
    owner: GrantOwner & { readonly username: string },
    given: AmplifyTokens,
    sink: CookieSink | undefined,
    isForced: boolean,
  ): Promise<Liveness> {
    // What cannot be written back must not be rotated; and what anybody can make up must not cost calls to Cognito.
    const mayRefresh = sink?.isOpen === true && (await this.#parts.verifier.isOurs(given.accessToken, ACCESS));
    const refreshToken = mayRefresh ? given.refreshToken : undefined;
    const grant = grantOf(given, refreshToken);
    const slot = this.#slotOf(owner, grant);
    if (!(await this.#parts.renewal.settle(slot.key))) return new AuthError("store_unavailable");
    const live = await this.#parts.grants.current(slot, grant, isForced && refreshToken !== undefined);
    if (live === undefined || failed(live) || live.grant.accessToken === grant.accessToken) return live;
    const { kind, isSecure } = this.#parts.cookies;
    const attributes = { isSecure, maxAgeSeconds: COOKIE_SECONDS, httpOnly: kind === "amplify-http-only" };
    for (const cookie of writeAmplifyCookies(owner, live.grant, attributes)) sink?.add(cookie);
    return live;
  }

  /** Refreshes of one refresh token, told apart by its digest: only who has the token gets what came of it. */
  #slotOf(owner: GrantOwner, grant: Grant): GrantSlot {
    const { store } = this.#parts;
    const { pool, clientId } = owner;
    const key = hash("sha256", `${pool.userPoolId} ${clientId} ${grant.refreshToken ?? ""}`, "base64url");
    return {
      key,
      owner,
      load: async () => {
        const values = await store.getAll("renewed", key);
        if (values === undefined) return new AuthError("store_unavailable");
        return newestOf(values.flatMap((value) => readGrant(value) ?? [])) ?? grant;
      },
      save: async (renewed, isLate) => {
        const kept = isLate ? LATE_SECONDS : SHARED_SECONDS;
        const ttlSeconds = renewed.sentAtMs === undefined ? kept : SENT_SECONDS;
        return (await store.set("renewed", key, renewed, ttlSeconds)) ? "saved" : "failed";
      },
      lock: (ttlSeconds) => store.lock("renewed", key, ttlSeconds),
    };
  }
}

function grantOf({ accessToken = "", idToken = "" }: AmplifyTokens, refreshToken: string | undefined): Grant {
  return { accessToken, idToken, refreshToken, revision: 0 };
}

/** Not verified. */
function claimOf({ accessToken }: AmplifyTokens, claim: "sub" | "username"): string | undefined {
  const token = decodeToken(accessToken);
  const value = failed(token) ? undefined : ownValue(token.payload, claim);
  return typeof value === "string" ? value : undefined;
}
