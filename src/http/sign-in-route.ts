import { LRUCache } from "lru-cache";
import { readCookies } from "../browser/cookie-header.js";
import type { ManagedLogin, RawTokens, SignInExtras } from "../browser/managed-login.js";
import {
  MAX_PENDING,
  openPending,
  PENDING_LIFETIME_MS,
  type PendingSignIn,
  pendingSuffix,
  sealPending,
  surplusPending,
} from "../browser/pending-sign-ins.js";
import { returnPathOf } from "../browser/return-path.js";
import type { CookieSink } from "../browser/session-cookie.js";
import { AuthError } from "../errors/auth-error.js";
import { failed, type Outcome } from "../errors/outcome.js";
import type { Components } from "../session/components.js";
import type { CookieEngine } from "../session/cookie-engine.js";
import type { RequestHeaders } from "../tokens/bearer.js";
import { type HeldTokens, verifyBoth } from "../tokens/pair.js";
import type { RouteSettings } from "./route-options.js";

const PENDING_NAME = "auth-sign-in";
const MAX_USED = 10_000;
const PROVIDER = /^[\w .-]{1,128}$/;
const PROMPTS = ["none", "login", "select_account", "consent"] as const;
/** The answer to a callback that no sign-in of this browser is waiting for. Anybody can send one. */
export const NOT_BEGUN = {
  recoverySuggestion:
    "No sign-in under way in this browser has this `state`: it was begun elsewhere, took longer than ten minutes, or was used already.",
};

/** What the routes of a sign-in work with. */
export interface SignInParts {
  readonly settings: RouteSettings;
  readonly login: ManagedLogin;
  readonly cookies: CookieEngine;
  readonly components: Pick<Components, "clock" | "verifier" | "events">;
}

/** Begins sign-ins and ends them: two requests of one browser, and managed login between them. */
export class SignInRoute {
  readonly #parts: SignInParts;
  readonly #used = new LRUCache<string, true>({ max: MAX_USED });

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  /** @returns where to send the browser */
  async begin(request: RequestHeaders, query: URLSearchParams, sink: CookieSink): Promise<Outcome<string>> {
    const { login, settings, cookies, components } = this.#parts;
    const begun = await login.begin(extrasOf(query));
    if (failed(begun)) return begun;
    const carried = readCookies(request);
    if (failed(carried)) return carried;
    const baseName = cookies.style.nameOf(PENDING_NAME);
    for (const name of surplusPending(carried, baseName, MAX_PENDING - 1)) sink.add(cookies.style.write(name, "", 0));
    const { cookieSuffix, value } = await sealPending(cookies.sealings[0], {
      secrets: begun.secrets,
      returnTo: returnPathOf(query.get("returnTo"), settings.returnTo) ?? settings.returnTo[0],
      startedAtMs: components.clock(),
    });
    sink.add(cookies.style.write(`${baseName}-${cookieSuffix}`, value, PENDING_LIFETIME_MS / 1000));
    return begun.location;
  }

  /** @returns where the user wanted to go */
  async finish(request: RequestHeaders, query: URLSearchParams, sink: CookieSink): Promise<Outcome<string>> {
    const { login, cookies } = this.#parts;
    const pending = await this.#pendingOf(request, query, sink);
    if (failed(pending)) return pending;
    // Its cookie may be kept and sent again, and each time would cost a call.
    if (this.#used.has(pending.secrets.state)) return new AuthError("invalid_request", NOT_BEGUN);
    this.#used.set(pending.secrets.state, true);
    const tokens = await login.finish(query, pending.secrets);
    if (failed(tokens)) return tokens;
    const verified = await this.#verify(tokens);
    if (failed(verified)) return verified;
    // A session that the browser came with ends: who knows its id must not be signed in with the user.
    const former = cookies.source.find(request, undefined);
    const refusal = await cookies.sessions?.start(verified, tokens.refreshToken, sink);
    if (refusal !== undefined) return refusal;
    if (former !== undefined && !failed(former)) {
      const ended = await former.end();
      if (ended !== undefined && !failed(ended)) void cookies.revokeTokens(ended);
    }
    const { sub: userSub, username, clientId, pool } = verified.access;
    this.#parts.components.events.emit({ type: "signedIn", userSub, username, clientId, userPoolId: pool.userPoolId });
    return pending.returnTo;
  }

  /** The sign-in that the callback's `state` names, if this browser began it. Its cookie is good for one callback. */
  async #pendingOf(request: RequestHeaders, query: URLSearchParams, sink: CookieSink): Promise<Outcome<PendingSignIn>> {
    const { cookies, components } = this.#parts;
    const carried = readCookies(request);
    if (failed(carried)) return carried;
    const state = query.get("state") ?? "";
    const name = `${cookies.style.nameOf(PENDING_NAME)}-${pendingSuffix(state)}`;
    const value = carried.get(name);
    if (value !== undefined) sink.add(cookies.style.write(name, "", 0));
    for (const sealing of cookies.sealings) {
      const pending = await openPending(sealing, { state, value, nowMs: components.clock() });
      if (pending !== undefined) return pending;
    }
    return new AuthError("invalid_request", NOT_BEGUN);
  }

  /** By the same verifier as bearers; and they have to be this app client's. */
  async #verify({ accessToken, idToken }: RawTokens): Promise<Outcome<Required<HeldTokens>>> {
    const { pool, client } = this.#parts.settings;
    const tokens = await verifyBoth(this.#parts.components.verifier, accessToken, idToken);
    if (failed(tokens)) return tokens;
    const { access, id, rawAccess, rawId } = tokens;
    if (access?.pool !== pool || access.clientId !== client.id || id === undefined) {
      return new AuthError("invalid_claims", { claim: "client_id" });
    }
    return { access, id, rawAccess: rawAccess ?? accessToken, rawId: rawId ?? idToken };
  }
}

/** What a link may say about how to sign in. Anything else is left out. */
function extrasOf(query: URLSearchParams): SignInExtras {
  const identityProvider = query.get("identityProvider") ?? "";
  const asked = query.get("prompt");
  return {
    identityProvider: PROVIDER.test(identityProvider) ? identityProvider : undefined,
    prompt: PROMPTS.find((prompt) => prompt === asked),
  };
}
