import type { DefenceRow } from "./defences.js";

const store = { test: "shared-store" };
const revocation = { test: "revocation" };
const roles = { test: "roles-and-guests" };
const pacing = { test: "pacing" };

/** What processes share, who is whom, and how gently Cognito is called. */
export const fleetDefences: Readonly<Record<string, readonly DefenceRow[]>> = {
  "store/sealing.ts": [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a text of the source
    ["derive(this.#secret, `content ${name}`)", 'derive(this.#secret, "content")', store],
    ['createHmac("sha256", this.#nameKey)', 'createHmac("sha256", "public")', store],
  ],
  "store/circuit.ts": [
    ["const BUDGET_MS = 50;", "const BUDGET_MS = 50_000;", store],
    ["const MAX_FAILURES = 2;", "const MAX_FAILURES = 1;", store],
    ["const MAX_FAILURES = 2;", "const MAX_FAILURES = 1000;", store],
    ["if (this.#isProbing || this.#backoff.waitMs > 0) return undefined;", "", store],
    ["if (this.#failures === failuresBefore) this.#backoff.succeeded();", "", store],
    ["if (this.#failures === failuresBefore) this.#noteFailure();", "", store],
    ["await within(CONNECT_MS, () => this.#store.connect?.());", "await this.#store.connect?.();", store],
  ],
  "store/sealed-store.ts": [
    ["if (others > 0) return;", "", store],
    ["if (answers.includes(undefined)) return undefined;", "", revocation],
    ["if (taken === undefined || taken === null) return undefined;", "", store],
    ['release === undefined ? "held" :', "", store],
    ["if (isGivenUp && !isForGood) drop(release);", "", store],
    ["if (isGivenUp && !isForGood) drop(release);", "if (isGivenUp) drop(release);", pacing],
    [
      "if (isGivenUp && !isForGood) drop(release);",
      'if (isGivenUp && !isForGood) void this.#writes.ask("release", kind, release);',
      store,
    ],
    ['throw new TypeError("A store gives strings.");', "return undefined;", store],
    ["[this.#newest, ...this.#older].map(async (sealing) => {", "[this.#newest].map(async (sealing) => {", store],
  ],
  "credentials/shared-exchange.ts": [
    ["|| clock() >= credentials.expiresAtMs", "", store],
    ["isOutdated(subject.owner, credentials.obtainedAtMs)", "false", revocation],
    ["if (misses > MAX_MISSES) break;", "", store],
    ['lock === "down" || lock === "none"', 'lock === "none"', store],
    ["?? (await this.#look(subject))", "", store],
    ["const MAX_WAIT_MS = 4000;", "const MAX_WAIT_MS = 3000;", store],
    ["const MAX_WAIT_MS = 4000;", "const MAX_WAIT_MS = 12_000;", store],
    ['failed(outcome) && outcome.code === "credentials_unavailable"', "failed(outcome)", store],
    ['if (mode === "forced") return this.#ask(subject, mode);', "", store],
    ["void release();", "", store],
  ],
  "credentials/sdk-clients.ts": [["{ memoized: true }", "{}", revocation]],
  "session/identifier.ts": [["(failed(outcome) ? outcome : this.#again(outcome))", "outcome", revocation]],
  "credentials/identity-ids.ts": [
    ["if (known !== undefined || this.#store === undefined) return known;", "return known;", store],
  ],
  "credentials/pacer.ts": [
    ["if (slot > current) {", "if (false) {", pacing],
    ["CLAIM_SECONDS))", "CLAIM_SECONDS)) || true", pacing],
    ["if (yields || (this.#queue.length > 0 && waitSeconds * 1000 > patienceMs)) {", "if (yields) {", pacing],
  ],
  "session/revocations.ts": [
    ["if (this.#knows(tokens)) return true;\n    const { store }", "const { store }", revocation],
    ['return "originJti" in target || token.signedInAtSeconds <=', "return token.signedInAtSeconds <=", revocation],
    ['"originJti" in target || token.signedInAtSeconds <= Math.floor(atMs / 1000)', "true", revocation],
    ["this.#lookedUp.get(token) !== latest", "!this.#lookedUp.has(token)", revocation],
    ["return ageMs < MAX_AGE_MS ? this.#latest : this.#reading;", "return this.#latest;", revocation],
    ["if (ageMs < REFRESH_AGE_MS) return this.#latest;", "", revocation],
    ["for (const other of this.#sharing) other.#learn(target, nowMs);", "", revocation],
    ["if (answers.every((times) => times !== undefined)) {", "{", revocation],
    ["this.#parts.onRevoked(target);", "", revocation],
  ],
  "session/federator.ts": [
    ['isRevoked ? new AuthError("token_revoked") : next(),', "next(),", revocation],
    ["return listsRole(id, roleArn) ? roleArn :", "return true ? roleArn :", roles],
    ["return guestPool === undefined ? new AuthError", "return false ? new AuthError", roles],
  ],
  "session/role-by-group.ts": [
    [
      "if (preferred !== undefined && candidates.includes(preferred)) return preferred;",
      "if (preferred !== undefined) return preferred;",
      roles,
    ],
    ["if (preferred !== undefined && candidates.includes(preferred)) return preferred;", "", roles],
  ],
  "session/components.ts": [
    ['clients.forget(key);\n      void store?.delete("credentials", key);', "clients.forget(key);", revocation],
    ["clients.forget(key);", "", revocation],
  ],
  "credentials/federation.ts": [
    ["if (this.#inFlight.get(key)?.result !== result) {", "if (false) {", revocation],
    ["this.#onOrphan(key);", "", revocation],
    ["this.#renewals >= MAX_RENEWALS ||", "", pacing],
    ["|| waiting >= MAX_WAITING", "", pacing],
  ],
  "credentials/credentials.ts": [["aheadMs * (1 + JITTER * spread)", "aheadMs", pacing]],
  "config/combinations.ts": [["if (options.guest !== true) return undefined;", "", roles]],
};
