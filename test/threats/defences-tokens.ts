import type { DefenceRow } from "./defences.js";

const transport = { group: "transport" };
const jose = { group: "jose header" };
const signature = { group: "signature" };
const claims = { group: "claims" };
const pair = { group: "token use and pair" };
const load = { group: "denial of service" };

/** From the request's headers to a verified token. */
export const tokenDefences: Readonly<Record<string, readonly DefenceRow[]>> = {
  "tokens/bearer.ts": [
    ["(rawHeaders !== undefined && isRepeated(rawHeaders, name))", "false", transport],
    ["if (asLong < 2) return false;", "if (asLong < 3) return false;", transport],
    ["header.toLowerCase() === name", "header === name", transport],
    ["(?!bearer(?: |$))", "", transport],
    ['[" ", ",", "\\t", "\\u00a0"]', '[",", "\\t", "\\u00a0"]', transport],
    ['[" ", ",", "\\t", "\\u00a0"]', '[" ", "\\t", "\\u00a0"]', transport],
    ['[" ", ",", "\\t", "\\u00a0"]', '[" ", ",", "\\u00a0"]', transport],
    ["value.slice(0, SCHEME.length).toLowerCase() === SCHEME.toLowerCase()", "true", transport],
    ['if (JOINED_BEARER.test(value)) return badTransport("several_bearers");', "", transport],
    ["return OTHER_SCHEME.test(value) ? undefined : badTransport(bearerFault(value));", "return undefined;", transport],
    ['if (typeof value !== "string" || isOneWord(value)) return value;', "return value;", transport],
  ],
  "tokens/decode.ts": [
    ['typeof raw === "string" && raw.length <= MAX_TOKEN_LENGTH', 'typeof raw === "string"', load],
    ["MAX_TOKEN_LENGTH = 16_384", "MAX_TOKEN_LENGTH = 16_383", load],
    ["MAX_TOKEN_LENGTH = 16_384", "MAX_TOKEN_LENGTH = 16_385", load],
    ["&& byteLength === Math.floor((segment.length * 3) / 4)", "", signature],
    ['!segment.includes("+") &&', "", signature],
    ['!segment.includes("/") &&', "", signature],
    ["&& hasCanonicalEnd(segment)", "", signature],
    ["(rest === 2 ? LAST_OF_TWO : LAST_OF_THREE).includes(last)", "true", signature],
    ["!BASE64URL.test(signatureB64) ||", "", signature],
    ["|| !hasCanonicalEnd(signatureB64)", "", signature],
    ["return isAscii || isUtf8(bytes) ?", "return true ?", claims],
    ["&& !text.includes(REPLACEMENT)", "", claims],
    ["|| WIDE.test(raw)", "", { test: "session" }],
  ],
  "tokens/json.ts": [
    ["if (depth > MAX_DEPTH) return undefined;", "", claims],
    ["MAX_DEPTH = 32", "MAX_DEPTH = 31", claims],
    ["return countMembers(value) === members ? value : undefined;", "return value;", claims],
    ["return countMembers(value) === members ? value : undefined;", "return value;", jose],
    ['name === "__proto__" ? Number.NaN : 1 +', "1 +", claims],
    ["if (!isJsonObject(value)) return undefined;\n", "", claims],
  ],
  "tokens/verifier.ts": [
    ['if (ownValue(header, "alg") !== ALGORITHM) return new AuthError("invalid_signature");', "", jose],
    ['Object.hasOwn(header, "crit") ||', "", jose],
    ['|| Object.hasOwn(header, "b64")', "", jose],
    ["&& kid.length <= MAX_KID_LENGTH", "", jose],
    [
      'if (typeof issuer !== "string") return new AuthError("invalid_claims", { claim: "iss" });\n    const pool = this.#config.poolByIssuer.get(issuer);',
      "const pool = this.#config.poolByIssuer.get(String(issuer));",
      claims,
    ],
    ["if (known.fromSeconds > nowSeconds + clockToleranceSeconds)", "if (false)", { test: "tokens" }],
    [
      'if ((use !== "access" && use !== "id") || !uses.has(use)) return wrongUse();',
      "if (!uses.has(String(use))) return wrongUse();",
      pair,
    ],
    ["|| !uses.has(use)) return", ") return", pair],
    ["if (!uses.has(known.use)) return wrongUse();", "", pair],
    ["if (fault !== undefined) return fault;", "", signature],
    ["if (isExpired(known.expSeconds", "if (false && isExpired(known.expSeconds", { test: "tokens" }],
    ["if (!known.key.withdrawn) return known;", "return known;", { group: "key set" }],
  ],
  "tokens/token-cache.ts": [
    ["&& entry.digest === digestOf(raw)", "", signature],
    ['hash("sha256", raw, "binary")', 'hash("sha256", raw.slice(raw.indexOf(".")), "binary")', { test: "token-cache" }],
    ["if (!this.#seen.wasSeen(token.tail) || !this.#hasRoom()) return;", "", { test: "token-cache" }],
  ],
  "tokens/claims.ts": [
    ["if (mistyped !== undefined) return wrong(mistyped);", "", claims],
    ['if (!isAudienceOrAbsent(ownValue(payload, "aud"))) return wrong("aud");', "", claims],
    ['if (typeof sub !== "string" || sub === "") return wrong("sub");', "", claims],
    ['typeof sub !== "string" || sub === ""', 'typeof sub !== "string"', claims],
    ['typeof sub !== "string" || sub === ""', 'sub === undefined || sub === ""', claims],
    ['use === "access" ? "client_id" : "aud"', 'Object.hasOwn(payload, "aud") ? "aud" : "client_id"', claims],
    ["if (!isAcceptedClient(", "if (false && !isAcceptedClient(", claims],
    ['if (typeof client !== "string" || client === "") return false;', "", claims],
    ["clientIds === undefined || clientIds.has(client)", "clientIds === undefined || clientIds.size > 0", claims],
    ['if (!isDate(exp)) return wrong("exp");', 'if (typeof exp !== "number") return undefined;', claims],
    ['if (!isDate(exp)) return wrong("exp");', "", claims],
    ['["nbf", "iat"]', '["nbf"]', claims],
    ['["nbf", "iat"]', '["iat"]', claims],
    ["|| from > nowSeconds + toleranceSeconds", "", claims],
    ["value >= 0 &&", "", claims],
    ["&& value <= LATEST_DATE_SECONDS", "", claims],
    ["nowSeconds >= expSeconds + toleranceSeconds", "nowSeconds > expSeconds + toleranceSeconds", claims],
    ["nowSeconds >= expSeconds + toleranceSeconds", "nowSeconds >= expSeconds + 100_000", claims],
  ],
  "tokens/pair.ts": [
    ["access.sub === id.sub &&", "", pair],
    ["access.clientId === id.clientId &&", "", pair],
    ["access.issuer === id.issuer &&", "", pair],
    ["access.pool === id.pool &&\n    access.issuer === id.issuer &&", "", pair],
    ["|| access === id;", "|| true;", pair],
    ["|| access === id;", "|| String(access) === String(id);", pair],
  ],
  "tokens/verified-token.ts": [
    ['&& groups.every((group) => typeof group === "string")', "", { group: "guards" }],
    ["Array.isArray(groups) && groups.every", "groups?.length > 0 && [...groups].every", { group: "guards" }],
    ['"cognito:groups"', '"custom:groups"', { group: "guards" }],
    ['?.split(" ")', "?.split(/[\\s,]/)", { group: "guards" }],
    ["return deepFreeze(this.#header);", "return this.#header;", { test: "session" }],
    ["if (!this.#isFrozen) deepFreeze(this.#payload);", "", { test: "session" }],
  ],
};
