import { deflateRawSync } from "node:zlib";
import type { AuthErrorCode } from "cognito-auth-session";
import { type AttackGroup, harmless, refused } from "./attack.js";
import { base64url, bearer } from "./attempt.js";
import { ADA } from "./context.js";
import { algorithmAttacks, withHeader } from "./jose-algorithms.js";
import { keyNameAttacks } from "./jose-keys.js";

const CRITICAL: readonly [string, object][] = [
  ["an unknown crit", { crit: ["exp"] }],
  ["a crit of b64", { crit: ["b64"] }],
  ["a crit of what is a registered parameter", { crit: ["kid"] }],
  ["a crit of what it carries", { crit: ["http://example.com/x"], "http://example.com/x": 1 }],
  ["an empty crit", { crit: [] }],
  ["a crit of the empty name", { crit: [""] }],
  ["a crit that is a string", { crit: "b64" }],
  ["a crit that is null", { crit: null }],
  ["a crit that is an object", { crit: {} }],
  ["a crit that is true", { crit: true }],
  ["a crit that is false", { crit: false }],
  ["b64 false", { b64: false }],
  ["b64 false and critical", { b64: false, crit: ["b64"] }],
  ["b64 that is a string", { b64: "false" }],
  ["b64 that is null", { b64: null }],
];

const HEADER_TEXTS: readonly [string, string | Buffer, AuthErrorCode][] = [
  ["a name that stands twice", '{"alg":"none","alg":"RS256","kid":"mint-key-1"}', "malformed_token"],
  [
    "a name that stands twice, once escaped",
    '{"\\u0061lg":"none","alg":"RS256","kid":"mint-key-1"}',
    "malformed_token",
  ],
  ["two key names", '{"alg":"RS256","kid":"x","kid":"mint-key-1"}', "malformed_token"],
  ["a nested name that stands twice", '{"alg":"RS256","kid":"mint-key-1","jwk":{"n":"","n":""}}', "malformed_token"],
  ["__proto__", '{"__proto__":{"alg":"RS256","kid":"mint-key-1"}}', "malformed_token"],
  ["__proto__, escaped", '{"alg":"RS256","kid":"mint-key-1","\\u005f_proto__":{}}', "malformed_token"],
  ["a text after it", '{"alg":"RS256","kid":"mint-key-1"}x', "malformed_token"],
  ["an object after it", '{"alg":"RS256","kid":"mint-key-1"}{}', "malformed_token"],
  ["a NUL after it", '{"alg":"RS256","kid":"mint-key-1"}\0', "malformed_token"],
  ["a trailing comma", '{"alg":"RS256","kid":"mint-key-1",}', "malformed_token"],
  ["a comment", '{"alg":"RS256",/**/"kid":"mint-key-1"}', "malformed_token"],
  ["single quotes", "{'alg':'RS256','kid':'mint-key-1'}", "malformed_token"],
  ["names without quotes", '{alg:"RS256",kid:"mint-key-1"}', "malformed_token"],
  ["a byte order mark", '\ufeff{"alg":"RS256","kid":"mint-key-1"}', "malformed_token"],
  ["UTF-16", Buffer.from('{"alg":"RS256","kid":"mint-key-1"}', "utf16le"), "malformed_token"],
  ["bad UTF-8", Buffer.from('{"alg":"RS256","kid":"mint-key-1","x":"\xff"}', "latin1"), "malformed_token"],
  ["a raw line end in a string", '{"alg":"RS256","kid":"mint-key-1","x":"\n"}', "malformed_token"],
  ["200 levels", `{"alg":"RS256","kid":"mint-key-1","x":${"[".repeat(200)}${"]".repeat(200)}}`, "malformed_token"],
  ["no object but null", "null", "malformed_token"],
  ["no object but a list", '[{"alg":"RS256","kid":"mint-key-1"}]', "malformed_token"],
  ["no object but a string", '"RS256"', "malformed_token"],
  ["no object but a number", "1", "malformed_token"],
  ["no JSON", "nope", "malformed_token"],
  ["only a space", " ", "malformed_token"],
  ["nothing in it", "{}", "invalid_signature"],
];

export const joseHeader: AttackGroup = {
  title: "jose header",
  attacks: [
    ...algorithmAttacks,
    ...keyNameAttacks,
    ...CRITICAL.map(([name, header]) => withHeader(name, header, "malformed_token")),
    ...HEADER_TEXTS.map(([name, text, code]) =>
      refused(`a header with ${name} is refused`, (w) => bearer(w.mint.sign(text, w.payload())), code),
    ),
    refused(
      "a compressed payload is refused",
      (w) => {
        const payload = base64url(deflateRawSync(w.payload()));
        return bearer(w.mint.signSegments(base64url(w.mint.header({ zip: "DEF" })), payload));
      },
      "malformed_token",
    ),
    refused(
      "a token inside a token is refused",
      (w) => bearer(w.mint.sign(w.mint.header({ cty: "JWT", typ: "JWT" }), w.good())),
      "malformed_token",
    ),
    refused(
      "an attacker's token around a good one is refused",
      (w) => bearer(w.strangers({ jwt: w.good() }, { cty: "JWT", kid: w.poolKey.kid })),
      "invalid_signature",
    ),
    harmless(
      "parameters that mean nothing here change nothing",
      (w) =>
        bearer(
          w.access(
            { sub: ADA.userSub, "cognito:groups": ["dev"] },
            { typ: 'a\r\nX: y"\u0000', cty: 7, Crit: ["x"], sub: "eve", exp: 1, "cognito:groups": ["admin"] },
          ),
        ),
      { userSub: ADA.userSub, groups: ["dev"] },
    ),
  ],
};
