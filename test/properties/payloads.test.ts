import { expect } from "chai";
import { SessionManager } from "cognito-auth-session";
import fc from "fast-check";
import { ask, expectNoEcho, expectTokenFault, linesOf } from "./support/answers.js";
import { OwnPool } from "./support/own-pool.js";
import { watchForStrayRejections } from "./support/process-watch.js";
import { mayBeClaims } from "./support/reference.js";
import { checkCases } from "./support/seeded.js";

/** A member as it is written. `isSound` is false where no reader should take it, whatever JSON.parse does. */
interface Member {
  readonly name: string;
  readonly written: string;
  readonly isSound: boolean;
}

const space = fc.oneof({ weight: 5, arbitrary: fc.constant("") }, fc.constantFrom(" ", "\n", "\t\r\n  "));
/** A name's letters, some of them escaped. */
const escaped = (name: string, mask: number) =>
  [...name]
    .map((letter, index) => ((mask >> index) & 1 ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}` : letter))
    .join("");
const soundValue = fc.oneof(
  fc.json({ maxDepth: 2 }),
  fc.constantFrom("1e400", "-0", "1E-7", "9007199254740993", '"\\ud800"', '"\\u0000"', '"\\"},{\\":\\":"', "[[[[]]]]"),
);
const unsoundValue = fc.constantFrom(
  '{"a":1,"a":2}',
  '[{"x":{"k":":","k":"}"}}]',
  '{"a":1,"\\u0061":1}',
  '{"__proto__":{}}',
  '{"\\u005f_proto__":{}}',
  "[".repeat(40) + "]".repeat(40),
  "NaN",
  "01",
  "undefined",
  "'x'",
  "+1",
  "",
);
const name = fc.oneof(
  fc.constantFrom("sub", "exp", "iss", "aud", "client_id", "token_use", "iat", "nbf", "scope", "a", "", "toString"),
  fc.string({ maxLength: 8 }),
);
const member = fc.tuple(name, soundValue, space, space, fc.nat()).map(([key, value, before, after, mask]): Member => {
  const written = /^\w+$/.test(key) ? `"${escaped(key, mask)}"` : JSON.stringify(key);
  return { name: key, written: `${before}${written}${after}:${value}`, isSound: key !== "__proto__" };
});
const unsound = fc.tuple(name, unsoundValue).map(([key, value]): Member => {
  return { name: key, written: `${JSON.stringify(key)}:${value}`, isSound: false };
});
const extra = fc.oneof(
  { weight: 4, arbitrary: fc.array(member, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.tuple(unsound) },
);
/** Text put into the payload, as its place and what is put there. */
const damage = fc.option(
  fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(
      ",",
      "{",
      "}",
      '"',
      "\\",
      ":",
      "\u0000",
      "\ufeff",
      "\ud800",
      " ",
      "[",
      "]",
      "\u2028",
      "//x",
      "1",
      "e5",
    ),
    fc.nat(3),
  ),
  { freq: 2 },
);
const wholeText = fc.oneof(
  fc.json(),
  fc.string(),
  fc.constantFrom("", "null", "[]", '"x"', "1", "{}", "{}{}", "\ufeff{}"),
);

describe("Any payload text, signed with the pool's own key", function () {
  this.timeout(120_000);
  watchForStrayRejections();
  const pool = new OwnPool();
  const manager = new SessionManager(pool.options, { fetchJson: pool.fetchJson });
  const { issuer, clientId } = pool;
  let passed = 0;
  after(() => expect(passed).to.be.greaterThan(200));

  async function check(text: string, isSound: boolean): Promise<void> {
    const token = pool.signText(text);
    const answer = await ask(manager, linesOf(token));
    if (answer.status !== 200) {
      expectTokenFault(answer);
      expectNoEcho(answer, [token, text]);
      return;
    }
    passed += 1;
    const claims: unknown = JSON.parse(Buffer.from(text).toString());
    expect(isSound, text).to.equal(true);
    expect(mayBeClaims(claims, { issuer, clientId, nowSeconds: Date.now() / 1000 }), text).to.equal(true);
    expect(answer.session?.userSub).to.equal((claims as { sub: string }).sub);
  }

  it("good claims with others among them, in any spelling, whole or damaged", async () => {
    await checkCases(
      3500,
      fc.asyncProperty(
        fc.constantFrom("access" as const, "id" as const),
        extra,
        fc.nat(8),
        damage,
        async (use, more, where, broken) => {
          const good = Object.entries(pool.claims(use)).map(([key, value]) => ({
            name: key,
            written: `${JSON.stringify(key)}:${JSON.stringify(value)}`,
            isSound: true,
          }));
          const members = [...good.slice(0, where), ...more, ...good.slice(where)];
          const text = `{${members.map(({ written }) => written).join(",")}}`;
          const names = members.map((each) => each.name);
          const isSound = members.every((each) => each.isSound) && new Set(names).size === names.length;
          if (broken === null) return check(text, isSound);
          const [place, put, cut] = broken;
          const at = Math.floor(place * text.length);
          // What the damage made of it is judged by its claims alone.
          return check(text.slice(0, at) + put + text.slice(at + cut), true);
        },
      ),
    );
  });

  it("no text that is not a Cognito payload at all", async () => {
    await checkCases(
      500,
      fc.asyncProperty(wholeText, async (text) => {
        const answer = await ask(manager, linesOf(pool.signText(text)));
        expectTokenFault(answer);
      }),
    );
  });
});
