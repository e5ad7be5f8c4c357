import { expect } from "chai";
import { type Attack, harmless, refused } from "./attack.js";
import { base64url, bearer } from "./attempt.js";
import { ADA, type World } from "./context.js";

const nested = (open: string, close: string, levels: number): string => `${open.repeat(levels)}${close.repeat(levels)}`;

/** Payloads that are no JSON object, or one that two parsers could read in two ways; each signed by a key of ours. */
const TEXTS: readonly [string, (good: string) => string | Buffer][] = [
  ["null", () => "null"],
  ["true", () => "true"],
  ["a number", () => "1"],
  ["a string", () => '"x"'],
  ["a string with an object in it", (good) => JSON.stringify(good)],
  ["a list", () => "[1]"],
  ["a list of an object", (good) => `[${good}]`],
  ["a space", () => " "],
  ["no JSON", () => "nope"],
  ["a query string", () => "sub=ada&exp=4102444800"],
  ["an object and a text", (good) => `${good}x`],
  ["two objects", (good) => `${good}${good}`],
  ["two objects on two lines", (good) => `${good}\n${good}`],
  ["an object and a NUL", (good) => `${good}\0`],
  ["an object that is not closed", (good) => good.slice(0, -1)],
  ["a trailing comma", (good) => good.replace(/\}$/, ",}")],
  ["a comment", (good) => good.replace("{", "{/* */")],
  ["single quotes", (good) => good.replaceAll('"', "'")],
  ["a byte order mark", (good) => `\ufeff${good}`],
  ["a no-break space before it", (good) => `\u00a0${good}`],
  ["a raw line end in a string", (good) => good.replace("ada-sub", "ada\nsub")],
  ["a raw NUL in a string", (good) => good.replace("ada-sub", "ada\0sub")],
  ["an escape that is none", (good) => good.replace("ada-sub", "\\x61da-sub")],
  ["half an escape", (good) => good.replace("ada-sub", "\\u00")],
  ["UTF-16", (good) => Buffer.from(good, "utf16le")],
  ["a Latin-1 letter", (good) => Buffer.from(good.replace("ada-sub", "ad\xe9"), "latin1")],
  ["an overlong UTF-8 slash", (good) => withBytes(good, [0xc0, 0xaf])],
  ["an overlong UTF-8 NUL", (good) => withBytes(good, [0xc0, 0x80])],
  ["a UTF-8 byte that goes on with nothing", (good) => withBytes(good, [0x80])],
  ["a UTF-8 sequence that is cut short", (good) => withBytes(good, [0xe2, 0x82])],
  ["half a surrogate pair in UTF-8", (good) => withBytes(good, [0xed, 0xa0, 0x80])],
  ["UTF-8 beyond Unicode", (good) => withBytes(good, [0xf5, 0x80, 0x80, 0x80])],
  ["lists 33 deep", (good) => withMember(good, nested("[", "]", 32))],
  ["objects 33 deep", (good) => withMember(good, `${'{"a":'.repeat(32)}1${"}".repeat(32)}`)],
  ["lists 4,000 deep", (good) => withMember(good, nested("[", "]", 4000))],
  ["a name that stands twice", (good) => good.replace("{", '{"sub":"eve",')],
  ["a name that stands twice, the good one first", (good) => good.replace(/\}$/, ',"sub":"eve"}')],
  ["a name that stands twice with one value", (good) => good.replace("{", '{"sub":"ada-sub",')],
  ["a name that stands three times", (good) => good.replace("{", '{"sub":"a","sub":"b",')],
  ["a name that stands twice, once escaped", (good) => good.replace("{", '{"s\\u0075b":"eve",')],
  ["a name that stands twice, escaped in two ways", (good) => good.replace("{", '{"\\u006Aj":1,"\\u006aj":2,')],
  ["two issuers", (good) => good.replace("{", '{"iss":"https://idp.example.com",')],
  ["two ends", (good) => good.replace("{", '{"exp":1,')],
  ["two lists of groups", (good) => good.replace("{", '{"cognito:groups":["root"],')],
  ["two empty names", (good) => good.replace("{", '{"":1,"":2,')],
  ["two numbers for names", (good) => good.replace("{", '{"1":1,"1":2,')],
  ["a nested name that stands twice", (good) => withMember(good, '[{"x":1,"y":":","x":2}]')],
  ["a name that stands twice, as much shorter by an exponent", (good) => withMember(good, '[{"x":1e9,"y":10,"y":2}]')],
  [
    "a name that stands twice, as much shorter by small numbers",
    (good) => withMember(good, '[{"a":1e-6,"b":1e-5,"y":10,"y":2}]'),
  ],
  ["a name that stands twice after escaped quotes", (good) => withMember(good, '{"x":"\\\\\\":","x":"\\""}')],
  ["__proto__", (good) => good.replace("{", '{"__proto__":{"sub":"eve"},')],
  ["__proto__ and no value", (good) => good.replace("{", '{"__proto__":null,')],
  ["__proto__, escaped", (good) => good.replace("{", '{"\\u005f_proto__":{"isAdmin":true},')],
  ["__proto__ in an inner object", (good) => withMember(good, '{"__proto__":{"isAdmin":true}}')],
  ["__proto__ in a list", (good) => withMember(good, '[{"__proto__":{"isAdmin":true}}]')],
];

/** Payloads that look odd and are one object to every parser. */
const ODD: readonly [string, string, object][] = [
  [
    "with the members of prototypes",
    '"constructor":{"prototype":{"isAdmin":true}},"hasOwnProperty":1,"toString":null',
    {},
  ],
  ["with colons, braces and quotes in strings", '"a":":{[\\"}],","b:{":"\\\\","c":"\\\\\\":"', {}],
  ["with lists 32 deep", `"a":${nested("[", "]", 31)}`, {}],
  ["with an empty name", '"":1', {}],
  ["with half a surrogate pair", '"a":"\\ud800"', {}],
];

export const payloadAttacks: readonly Attack[] = [
  ...TEXTS.map(([name, make]) =>
    refused(
      `a payload with ${name} is refused, though signed`,
      (w) => bearer(w.mint.sign(w.mint.header(), make(w.payload()))),
      "malformed_token",
    ),
  ),
  refused(
    "a payload with nothing in it is refused",
    (w) => bearer(w.mint.sign(w.mint.header(), "{}")),
    "invalid_claims",
    {
      claim: "iss",
    },
  ),
  refused(
    "names that differ by normalisation only do not stand in for each other",
    (w) => bearer(w.withMembers('"\\uff53ub":"ada-sub"', { sub: undefined })),
    "invalid_claims",
    { claim: "sub" },
  ),
  ...ODD.map(([name, members, body]) =>
    harmless(
      `a payload ${name} is read as it stands`,
      (w) => bearer(w.withMembers(members)),
      { ...ADA, ...body },
      { after: () => expect(Object.hasOwn(Object.prototype, "isAdmin")).to.equal(false) },
    ),
  ),
  harmless(
    "a payload over several lines is read as it stands",
    (w: World) => bearer(w.mint.sign(w.mint.header(), `\r\n\t${JSON.stringify(w.claims(), null, 2)}\n`)),
    ADA,
  ),
  refused(
    "a payload without end, read as base64url, is refused",
    (w) => bearer(`${base64url(w.mint.header())}.${"A".repeat(4001)}.AAAA`),
    "malformed_token",
  ),
];

function withMember(good: string, value: string): string {
  return good.replace("{", `{"a":${value},`);
}

/** Bytes in a string that is no one's business: what refuses it is that they are no UTF-8. */
function withBytes(good: string, bytes: readonly number[]): Buffer {
  const [before = "", after = ""] = withMember(good, '"@@"').split("@@");
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
}
