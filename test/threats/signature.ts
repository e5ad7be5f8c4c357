import { constants, sign } from "node:crypto";
import { type AttackGroup, refused } from "./attack.js";
import { base64url, bearer, readSegment, segmentsOf } from "./attempt.js";
import type { World } from "./context.js";
import { spellingAttacks } from "./signature-spelling.js";

/** A good token's segments, the signature replaced. */
const signedBy =
  (make: (signature: Buffer, token: string, w: World) => Buffer | string) =>
  (w: World): string => {
    const token = w.good();
    const [header, payload, signature] = segmentsOf(token);
    const made = make(Buffer.from(signature, "base64url"), token, w);
    return `${header}.${payload}.${typeof made === "string" ? made : made.toString("base64url")}`;
  };

const inputOf = (token: string): Buffer => Buffer.from(token.slice(0, token.lastIndexOf(".")));
const number = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex")}`);
const modulusOf = (w: World): Buffer => Buffer.from(w.poolKey.n ?? "", "base64url");

/** `signature + modulus` is the same residue: RFC 8017 section 8.2.2 wants it refused. */
function addModulus(w: World): string {
  for (;;) {
    const token = w.good();
    const [header, payload, signature] = segmentsOf(token);
    const sum = number(Buffer.from(signature, "base64url")) + number(modulusOf(w));
    const hex = sum.toString(16);
    if (hex.length <= 512) return `${header}.${payload}.${base64url(Buffer.from(hex.padStart(512, "0"), "hex"))}`;
  }
}

const forged: readonly [string, (w: World) => string][] = [
  ["that is cut short by four bytes", signedBy((signature) => signature.subarray(0, -4))],
  ["that is cut short by one byte", signedBy((signature) => signature.subarray(0, -1))],
  ["of one byte", signedBy(() => Buffer.alloc(1))],
  ["with a zero byte before it", signedBy((signature) => Buffer.concat([Buffer.alloc(1), signature]))],
  ["with a zero byte after it", signedBy((signature) => Buffer.concat([signature, Buffer.alloc(1)]))],
  ["that stands twice", signedBy((signature) => Buffer.concat([signature, signature]))],
  ["with its bytes in reverse", signedBy((signature) => Buffer.from(signature).reverse())],
  ["with its first bit changed", signedBy((signature) => flip(signature, 0))],
  ["with its last bit changed", signedBy((signature) => flip(signature, signature.length * 8 - 1))],
  ["of zeros", signedBy(() => Buffer.alloc(256))],
  ["of ones", signedBy(() => Buffer.alloc(256, 0xff))],
  ["of the number one", signedBy(() => Buffer.from(`${"00".repeat(255)}01`, "hex"))],
  ["that is the modulus", signedBy((_signature, _token, w) => modulusOf(w))],
  ["that is the modulus less one", signedBy((_signature, _token, w) => flip(modulusOf(w), 2047))],
  ["with the modulus added to it", addModulus],
  ["that is hexadecimal", signedBy((signature) => signature.toString("hex"))],
  ["that is the hash itself", signedBy((_signature, token) => inputOf(token).subarray(0, 32))],
  ["of another token", signedBy((_signature, _token, w) => segmentsOf(w.access())[2])],
  ["of an ID token", signedBy((_signature, _token, w) => segmentsOf(w.id())[2])],
  ["of another token of the same user", signedBy((_signature, _token, w) => segmentsOf(w.good())[2])],
];

/** Signatures by our own key, but of something else than RFC 7515 section 5.1 wants. */
const mismade: readonly [string, (w: World, header: string, payload: string) => Buffer | string][] = [
  ["by SHA-1", (w, header, payload) => sign("sha1", Buffer.from(`${header}.${payload}`), w.mint.privateKey)],
  ["by SHA-512", (w, header, payload) => sign("sha512", Buffer.from(`${header}.${payload}`), w.mint.privateKey)],
  [
    "by PSS",
    (w, header, payload) =>
      sign("sha256", Buffer.from(`${header}.${payload}`), {
        key: w.mint.privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
      }),
  ],
  ["over the payload alone", (w, _header, payload) => sign("sha256", Buffer.from(payload), w.mint.privateKey)],
  ["over the header alone", (w, header) => sign("sha256", Buffer.from(header), w.mint.privateKey)],
  ["over the segments without the dot", (w, h, p) => sign("sha256", Buffer.from(`${h}${p}`), w.mint.privateKey)],
  [
    "over what the segments decode to",
    (w, _header, payload) =>
      sign("sha256", Buffer.from(`${w.mint.header()}.${Buffer.from(payload, "base64url")}`), w.mint.privateKey),
  ],
  ["over the text, without a digest", (w, header) => w.mint.rawSignature(Buffer.from(header.slice(0, 32)))],
];

const swapped: readonly [string, (w: World) => string][] = [
  ["a payload with another sub", (w) => respell(w.good(), { sub: "eve" })],
  ["a payload with one more group", (w) => respell(w.good(), { "cognito:groups": ["admin", "root"] })],
  ["a payload that lives longer", (w) => respell(w.good(), { exp: w.nowSeconds + 999_999 })],
  [
    "the payload of another token",
    (w) => `${segmentsOf(w.good())[0]}.${segmentsOf(w.access())[1]}.${segmentsOf(w.good())[2]}`,
  ],
  [
    "a header with one parameter more",
    (w) =>
      `${base64url(`{"kid":"${w.poolKey.kid}","alg":"RS256","typ":"JWT"}`)}${w.good().slice(w.good().indexOf("."))}`,
  ],
  [
    "the name of another key of ours",
    (w) => `${base64url(w.mint.header())}.${segmentsOf(w.good()).slice(1).join(".")}`,
  ],
  ["another pool's key under our key's name", (w) => w.strangers({}, { kid: w.poolKey.kid })],
  ["another pool's key under its own name", (w) => w.strangers()],
];

export const signature: AttackGroup = {
  title: "signature",
  attacks: [
    ...forged.map(([name, make]) =>
      refused(`a signature ${name} is refused`, (w) => bearer(make(w)), "invalid_signature"),
    ),
    ...mismade.map(([name, make]) =>
      refused(
        `a signature by our key, but ${name}, is refused`,
        (w) => {
          const [header, payload] = [base64url(w.mint.header()), base64url(w.payload())];
          const made = make(w, header, payload);
          return bearer(`${header}.${payload}.${typeof made === "string" ? made : made.toString("base64url")}`);
        },
        "invalid_signature",
      ),
    ),
    ...swapped.map(([name, make]) => refused(`${name} is refused`, (w) => bearer(make(w)), "invalid_signature")),

    ...spellingAttacks,
  ],
};

function flip(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
  return copy;
}

/** A token whose payload was changed after it was signed. */
function respell(token: string, claims: object): string {
  const [header, payload, signature] = segmentsOf(token);
  return `${header}.${base64url(JSON.stringify({ ...readSegment(payload), ...claims }))}.${signature}`;
}
