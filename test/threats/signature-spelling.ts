import { gzipSync } from "node:zlib";
import type { AuthErrorCode } from "cognito-auth-session";
import { type Attack, refused, remember } from "./attack.js";
import { base64url, bearer, segmentsOf } from "./attempt.js";
import type { World } from "./context.js";
import { given } from "./transport-get-token.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The other spellings of a segment whose last character has unused bits. */
function respellings(segment: string): string[] {
  const unused = { 2: 16, 3: 4 }[segment.length % 4];
  if (unused === undefined) throw new Error("This segment has no unused bits.");
  const last = ALPHABET.indexOf(segment.slice(-1));
  return Array.from({ length: unused - 1 }, (_, bits) => segment.slice(0, -1) + ALPHABET[last + bits + 1]);
}

/** A token in the other spellings of its signature. */
function otherSignatures(token: string): string[] {
  const [header, payload, signature] = segmentsOf(token);
  return respellings(signature).map((other) => `${header}.${payload}.${other}`);
}

/** Spaces after a JSON text, until its segment ends with unused bits. */
function withUnusedBits(text: string): string {
  return Buffer.byteLength(text) % 3 === 1 ? text : withUnusedBits(`${text} `);
}

/** Forms of a token that are not exactly three segments of base64url. */
const forms: readonly [string, (token: string, w: World) => string][] = [
  ["one part", () => "abc"],
  ["two parts", (token) => token.slice(0, token.lastIndexOf("."))],
  ["two parts and a dot", (token) => token.slice(0, token.lastIndexOf(".") + 1)],
  ["four parts", (token) => `${token}.x`],
  ["four parts, the last empty", (token) => `${token}.`],
  ["four parts, the first empty", (token) => `.${token}`],
  ["five parts", (token) => `${token}.x.y`],
  ["six parts, two tokens in one", (token) => `${token}.${token}`],
  ["two dots in a row", (token) => token.replace(".", "..")],
  ["only dots", () => ".."],
  ["one dot", () => "."],
  ["four dots", () => "...."],
  ["16,000 dots", () => ".".repeat(16_000)],
  ["an empty header", (token) => token.slice(token.indexOf("."))],
  ["an empty payload", (token) => `${segmentsOf(token)[0]}..${segmentsOf(token)[2]}`],
  ["padding after the header", (token) => token.replace(".", "=.")],
  ["padding after the payload", (token) => token.replace(/\.([^.]+)$/, "=.$1")],
  ["padding after the signature", (token) => `${token}==`],
  ["a dash after the signature", (token) => `${token}-`],
  ["a tilde after the signature", (token) => `${token}~`],
  ["a percent-encoded padding", (token) => `${token}%3D%3D`],
  [
    "hexadecimal segments",
    (token) =>
      segmentsOf(token)
        .map((segment) => Buffer.from(segment).toString("hex"))
        .join("."),
  ],
  ["the token as base64url in one piece", (token) => base64url(token)],
  ["the token compressed", (token) => base64url(gzipSync(token))],
  ["segments decoded by the attacker", (_token, w) => `${w.mint.header().replaceAll(",", ";")}.x.y`],
];

/** The same in texts that no header carries. */
const texts: readonly [string, (w: World) => string][] = [
  ["a space in the header", (w) => insert(w.good(), 0, " ")],
  ["a line end in the payload", (w) => insert(w.good(), 1, "\n")],
  ["a tab in the signature", (w) => insert(w.good(), 2, "\t")],
  ["a CR and LF in the signature", (w) => insert(w.good(), 2, "\r\n")],
  ["a zero-width space in the payload", (w) => insert(w.good(), 1, "\u200b")],
  ["a NUL in the header", (w) => insert(w.good(), 0, "\0")],
  ["a full-width letter", (w) => w.good().replace("e", "\uff45")],
  ["a Kelvin sign for a K", (w) => `${w.good().slice(0, -3)}\u212a${w.good().slice(-2)}`],
  ["a JWS in flattened JSON form", (w) => jsonForm(w, "flattened")],
  ["a JWS in general JSON form", (w) => jsonForm(w, "general")],
];

const form = (
  name: string,
  make: (token: string, w: World) => string,
  code: AuthErrorCode = "malformed_token",
): Attack => refused(`${name} is refused`, (w) => bearer(make(w.good(), w)), code);

export const spellingAttacks: readonly Attack[] = [
  ...forms.map(([name, make]) => form(name, make)),
  ...texts.map(([name, make]) => given(`${name} is refused`, make, "malformed_token")),
  refused(
    "the unused bits of a header's last character are refused, though signed",
    (w) => {
      const header = base64url(withUnusedBits(w.mint.header()));
      return respellings(header).map((other) => bearer(w.mint.signSegments(other, base64url(w.payload()))));
    },
    "malformed_token",
  ),
  refused(
    "the unused bits of a payload's last character are refused, though signed",
    (w) => {
      const payload = base64url(withUnusedBits(w.payload()));
      return respellings(payload).map((other) => bearer(w.mint.signSegments(base64url(w.mint.header()), other)));
    },
    "malformed_token",
  ),
  refused(
    "the unused bits of a signature's last character are refused: 15 other spellings",
    (w) => otherSignatures(w.good()).map((other) => bearer(other)),
    "malformed_token",
    { prepare: ({ ask, world }) => ask(bearer(world.good())) },
  ),
  refused(
    "another spelling of a remembered token is refused",
    (w) => remembered(w).map((token) => bearer(token)),
    "malformed_token",
    {
      prepare: (stage) => remember(stage, bearer(rememberedToken(stage.world))),
    },
  ),
  refused(
    "another payload under a remembered token's signature is refused",
    (w) => {
      const [header, , signature] = segmentsOf(rememberedToken(w));
      return [w.payload(), w.payload({ "cognito:groups": ["admin"] })].map((payload) =>
        bearer(`${header}.${base64url(payload)}.${signature}`),
      );
    },
    "invalid_signature",
    { prepare: (stage) => remember(stage, bearer(rememberedToken(stage.world))) },
  ),
  ...(["header", "payload"] as const).map((segment) =>
    refused(
      `padding after a ${segment} is refused, though signed`,
      (w) => {
        const [header, payload] = [w.mint.header(), w.payload()].map((text) => base64url(withUnusedBits(text)));
        const padded = segment === "header" ? [`${header}==`, payload] : [header, `${payload}==`];
        return bearer(w.mint.signSegments(padded[0] ?? "", padded[1] ?? ""));
      },
      "malformed_token",
    ),
  ),
  ...(["header", "payload"] as const).flatMap((segment) =>
    ([">", "?"] as const).map((character) => base64Alphabet(segment, character)),
  ),
  refused(
    "the alphabet of base64 in a signature is refused",
    (w) => {
      for (;;) {
        const [header, payload, signature] = segmentsOf(w.good());
        const encoded = signature.replaceAll("-", "+").replaceAll("_", "/");
        if (encoded !== signature) return bearer(`${header}.${payload}.${encoded}`);
      }
    },
    "malformed_token",
  ),
];

/** In base64 the first character makes a plus sign of it somewhere, the second a slash, which base64url has not. */
function base64Alphabet(segment: "header" | "payload", character: ">" | "?"): Attack {
  const sign = character === ">" ? "+" : "/";
  return refused(
    `${sign} in a ${segment} is refused, though signed`,
    (w) => {
      const x = character.repeat(8);
      const [header, payload] = [w.mint.header({ x }), w.payload({ x })];
      const other = Buffer.from(segment === "header" ? header : payload)
        .toString("base64")
        .replaceAll("=", "");
      const others = new Set(other.replace(/\w/g, ""));
      if (others.size !== 1 || !others.has(sign)) throw new Error(`The ${segment} has ${[...others].join(" ")}.`);
      return bearer(
        segment === "header"
          ? w.mint.signSegments(other, base64url(payload))
          : w.mint.signSegments(base64url(header), other),
      );
    },
    "malformed_token",
  );
}

function insert(token: string, segment: 0 | 1 | 2, text: string): string {
  const segments = segmentsOf(token);
  segments[segment] = `${segments[segment].slice(0, 12)}${text}${segments[segment].slice(12)}`;
  return segments.join(".");
}

/** RFC 7515 section 7.2. */
function jsonForm(w: World, kind: "flattened" | "general"): string {
  const [header, payload, signature] = segmentsOf(w.good());
  const signed = { protected: header, signature };
  return JSON.stringify(kind === "flattened" ? { payload, ...signed } : { payload, signatures: [signed] });
}

const tokensOfWorlds = new WeakMap<World, string>();
function rememberedToken(w: World): string {
  const token = tokensOfWorlds.get(w) ?? w.good();
  tokensOfWorlds.set(w, token);
  return token;
}

/** Spellings of one token that a lenient decoder takes for it. */
function remembered(w: World): string[] {
  const token = rememberedToken(w);
  return [`${token}=`, `${token}==`, ...otherSignatures(token)];
}
