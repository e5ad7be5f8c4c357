import type { DefenceRow } from "./defences.js";

const refresh = { test: "refresh" };
const races = { test: "cookie-races" };
const sessions = { test: "cookie-sessions" };
const amplify = { test: "amplify-sessions" };
const routes = { test: "auth-routes" };
const outages = { test: "cookie-outages" };
const callback = { test: "auth-routes-callback" };
const crossSite = { test: "same-origin" };
const events = { test: "session-events" };

/** Sessions in cookies: how they begin, live, renew themselves and end. */
export const browserDefences: Readonly<Record<string, readonly DefenceRow[]>> = {
  "browser/grant-renewal.ts": [
    ["const mayRotate = calls.mayRotate(", "const mayRotate = false && calls.mayRotate(", refresh],
    ["this.#inFlight.set(key, { mayWait: wish.mayWait, renewal });", "", races],
    ["else this.#holdBack(slot.key, error);", "", refresh],
    ["if (refused !== undefined && this.#parts.clock() - refused.atMs < REFUSED_MS) {", "if (false) {", outages],
    ["if (current.sentAtMs !== undefined && mayRotate)", "if (current.sentAtMs !== undefined)", outages],
    ["await Promise.allSettled([...this.#inFlight.values()].map(({ renewal }) => renewal));", "", outages],
    ["this.#unsaved.add(slot, grant);", "", races],
    ['< HOPE_MS ? "kept" : "spent"', '< HOPE_MS ? "kept" : "kept"', refresh],
    ['< HOPE_MS ? "kept" : "spent"', '< HOPE_MS ? "spent" : "spent"', refresh],
    ["Math.abs(this.#parts.clock() - sentAtMs)", "(this.#parts.clock() - sentAtMs)", refresh],
    [
      'if (!mayRotate || fate === "unclear") return renewal;',
      'if (!mayRotate || fate !== "kept") return renewal;',
      amplify,
    ],
    ['renewal.kind === "busy" && wish.mayWait', 'renewal.kind === "gone" && wish.mayWait', races],
    [
      "if (refreshToken !== undefined) void this.#parts.calls.revoke",
      'if (refreshToken === "") void this.#parts.calls.revoke',
      races,
    ],
    ["const polls = mayWait ?", "const polls = false ?", races],
  ],
  "browser/unsaved-grants.ts": [
    ['if (current === undefined) return "ended";', "if (current === undefined) return slot.save(grant);", races],
  ],
  "browser/session-records.ts": [
    ['if (ended.length === 0) return "saved";', 'return "saved";', races],
    ['if (this.#leftMs(kept) <= 0) return "ended";', "", races],
    ["b.grant.revision - a.grant.revision ||", "a.grant.revision - b.grant.revision ||", sessions],
    [
      'if (values === undefined) return new AuthError("store_unavailable");',
      "if (values === undefined) return undefined;",
      sessions,
    ],
    [
      "Math.min(session.usedAtMs + this.#config.idleMs, this.endsAtMs(session)) - nowMs",
      "session.usedAtMs + this.#config.idleMs - nowMs",
      sessions,
    ],
    [
      "Math.min(session.usedAtMs + this.#config.idleMs, this.endsAtMs(session)) - nowMs",
      "this.endsAtMs(session) - nowMs",
      sessions,
    ],
  ],
  "browser/browser-sessions.ts": [
    ["void this.#touch(id);", "", sessions],
    ['if (lock !== "none" && kept !== "failed") await lock();', 'if (lock !== "none") await lock();', outages],
    ['if (id === SEVERAL) return badTransport("several_cookies");', "if (id === SEVERAL) return undefined;", sessions],
    ['if (!(await renewal.settle(id))) return new AuthError("store_unavailable");', "", races],
    ["if (isEnded) await records.end(id);", "", refresh],
  ],
  "browser/live-grants.ts": [
    ["Math.min(RENEW_BEFORE_SECONDS, lifetimeSeconds / 2)", "RENEW_BEFORE_SECONDS", refresh],
    ["this.#renewal.reject(slot.key, error);", "", outages],
    ["return isOwners ? tokens", "return true ? tokens", sessions],
    ["return isOwners ? tokens", "return true ? tokens", amplify],
  ],
  "browser/amplify-sessions.ts": [
    ["latest = { ...given, accessToken", "void { ...given, accessToken", amplify],
    ["isLate ? LATE_SECONDS", "isLate ? SHARED_SECONDS", amplify],
    ["const mayRefresh = sink?.isOpen === true &&", "const mayRefresh =", amplify],
    [
      "sink?.isOpen === true && (await this.#parts.verifier.isOurs(given.accessToken, ACCESS))",
      "sink?.isOpen === true",
      amplify,
    ],
    [
      "if (!isTheirs || !(await this.#parts.verifier.isOurs(given.accessToken, ACCESS))) return undefined;",
      "",
      amplify,
    ],
    ["failed(kept) || kept === undefined ? grant : kept", "grant", amplify],
    ["if (failed(live) && isOver(live)) clear();", "", amplify],
  ],
  "tokens/refresh.ts": [
    ['fate: isUnclear(error) ? "unclear" : "kept"', 'fate: "kept"', refresh],
    ['return { fate: "unclear", error', 'return { fate: "kept", error', refresh],
    ["return known ?? this.#rotates.get(rotationKey(pool, clientId)) ?? true;", "return true;", refresh],
    ["this.#older.add(request.pool);", "", refresh],
  ],
  "session/authenticator.ts": [
    ['if (bearer !== undefined || second !== undefined) return badTransport("token_and_cookie");', "", sessions],
    ["refuseCrossSite(request, this.#config.cookies?.origin) ??", "", crossSite],
  ],
  "session/manager.ts": [
    ["const refusal = cookie && refuseCrossSite(", "const refusal = undefined && refuseCrossSite(", events],
  ],
  "browser/same-origin.ts": [
    ['site === "same-origin" || site === "none"', 'site !== "cross-site"', crossSite],
    ["if (from === undefined) return false;", "if (from === undefined) return true;", crossSite],
    ["if (!isUpgrade && typeof", "if (typeof", crossSite],
    ['host !== undefined && host !== "" &&', "", crossSite],
  ],
  "browser/session-cookie.ts": [
    ["httpOnly: true,", "httpOnly: false,", routes],
    ['sameSite: "lax",', "", routes],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a text of the source
    ["isSecure ? `__Host-${name}` : name", "name", routes],
  ],
  "http/sign-in-route.ts": [
    ["if (this.#used.has(pending.secrets.state))", "if (false)", callback],
    ["const ended = await former.end();", "const ended = undefined;", routes],
    ['returnPathOf(query.get("returnTo"), settings.returnTo) ??', 'query.get("returnTo") ??', callback],
  ],
  "browser/pending-sign-ins.ts": [
    ["ageMs < PENDING_LIFETIME_MS", "true", callback],
    ['sealing.nameOf("sign-in", state)', 'sealing.nameOf("sign-in", "any")', { test: "sign-in-parts" }],
  ],
  "browser/managed-login.ts": [["expectedNonce: secrets.nonce,", "", { test: "sign-in-parts" }]],
  "session/events.ts": [["await listener(event);", "void listener(event);", events]],
};
