import type { DefenceRow } from "./defences.js";

const keySet = { group: "key set" };
const keySetTest = { test: "key-set" };
const signInTest = { test: "sign-in-parts" };
const fetchTest = { test: "key-set-fetch" };

/** Which keys are relied on, for how long, and what looking for one may cost. */
export const keyDefences: Readonly<Record<string, readonly DefenceRow[]>> = {
  "tokens/public-keys.ts": [
    ["modulusLength < MIN_MODULUS_BITS ||", "", keySet],
    ["|| modulusLength > MAX_MODULUS_BITS", "", keySet],
    ["publicExponent < 3n ||", "", keySet],
    ["|| publicExponent % 2n === 0n", "", keySet],
    ['&&\n    !Object.hasOwn(jwk, "d")', "", keySet],
    ['(use === undefined || use === "sig") &&', "", keySet],
    ["(alg === undefined || alg === ALGORITHM) &&", "", keySet],
    ['ownValue(jwk, "kty") === "RSA" &&', "", keySet],
    ["&& !keys.has(key.kid)", "", keySet],
    [".slice(0, MAX_KEYS)", "", keySet],
  ],
  "tokens/fetch-key-set.ts": [
    ["return await inTime(timeoutMs, async (over) => {", "return await inTime(60_000, async (over) => {", keySet],
    ["httpStatusCode !== 200", "httpStatusCode === 999", keySet],
    ["textOf(answer, maxBytes)", "textOf(answer, Number.MAX_VALUE)", keySet],
    ["agent: new Agent({ keepAlive: false }), ", "", fetchTest],
    ["keepAlive: false }", "keepAlive: false, rejectUnauthorized: false }", fetchTest],
    ['redirect: "error", ', "", fetchTest],
    ["readBounded(body, maxBytes, signal)", "readBounded(body, Number.MAX_VALUE, signal)", fetchTest],
    ['NODE_USE_ENV_PROXY === "1" ||', "", fetchTest],
    [", signal }, (answer)", " }, (answer)", fetchTest],
    ['.on("close", reject)', "", fetchTest],
    ['"accept-encoding": "identity",', "", fetchTest],
  ],
  "bounded-answer.ts": [
    ["    await body.cancel();\n    throw new DeadlineExceeded();\n", "", signInTest],
    ["    over.abort();\n", "", fetchTest],
    ['over.addEventListener("abort", () => void reader.cancel().catch(() => {}), { once: true });', "", signInTest],
    ["if (size > maxBytes) throw new BodyTooLarge();", "", keySet],
  ],
  "tokens/key-set.ts": [
    ["if (!this.#bucket.take()) return this.#unknownAfterFetch();", "", keySet],
    ["burst: 5, everyMs: 5000", "burst: 5, everyMs: 50_000", keySet],
    ["if (this.#backoff.waitMs > 0) return this.#unavailable();", "", keySetTest],
    ["(ageMs < MAX_STALE_MS && this.#backoff.failures > 0)", "(this.#backoff.failures > 0)", keySetTest],
    ["return this.isUsable ? undefined : this.#unavailable(failure);", "return undefined;", keySet],
    ["MAX_AGE_MS = 10 * MINUTE_MS", "MAX_AGE_MS = 1000 * MINUTE_MS", keySet],
    ["MAX_STALE_MS = 24 * 60 * MINUTE_MS", "MAX_STALE_MS = 60 * MINUTE_MS", keySet],
    ["this.#inFlight ??= this.#fetchTold()", "this.#inFlight = this.#fetchTold()", keySet],
    ["else key.withdrawn = true;", "", keySet],
    ["if (same?.modulus === key.modulus && same.exponent === key.exponent)", "if (same !== undefined)", keySet],
    [
      'this.#backoff.failures > 0 ? this.#unavailable() : new AuthError("invalid_signature")',
      'new AuthError("invalid_signature")',
      keySetTest,
    ],
    ["Math.abs(nowMs - this.#fetchedAtMs)", "nowMs - this.#fetchedAtMs", keySet],
  ],
  "tokens/token-bucket.ts": [["if (this.#level < 1) return false;", "", keySet]],
};
