import { expect } from "chai";
import { SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import fc from "fast-check";
import { TestClock } from "../support/app.js";
import { ask, expectNoEcho, expectTokenFault, linesOf } from "./support/answers.js";
import { watchForStrayRejections } from "./support/process-watch.js";
import { mayBeClaims, mayBeHeader } from "./support/reference.js";
import { checkCases } from "./support/seeded.js";

/** Seconds from now, with all that lies near the tolerance of five. */
const seconds = fc.oneof(
  fc.constantFrom(-3600, -6, -5.001, -5, -4.999, -4, -1, 0, 1, 4, 5, 5.001, 6, 60, 3600),
  fc.double({ min: -1e4, max: 1e4, noNaN: true }),
);
const json = fc.jsonValue({ maxDepth: 3 });
/** A time claim: seconds from now, marked so that they are added where the clock is known, or any JSON. */
const time = fc.oneof(
  { weight: 3, arbitrary: seconds.map((fromNow) => ({ fromNow })) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, "0", -1, -0, 1e20, 8.64e12, 8.64e12 + 1, [], {}, true, "") },
  json,
);
const odd = (...values: readonly unknown[]) => fc.oneof(fc.constantFrom(...values), json);

function few(claims: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .subarray(Object.entries(claims), { minLength: 1, maxLength: 2 })
    .chain((some) => fc.record(Object.fromEntries(some)));
}

/** Claims that decide, few at a time: with many changed, one that is bad hides what the others would do. */
const deciding = few({
  exp: time,
  iat: time,
  nbf: time,
  iss: odd("<issuer>/", " <issuer>", "<issuer>\u0000", ["<issuer>"], { toString: "<issuer>" }, "", null),
  sub: odd("", " ", "\u0000", 7, null, ["ada"], "__proto__", "x".repeat(2000)),
  token_use: odd("access", "id", "refresh", "ACCESS", "access ", ["access"], null),
  client_id: odd("<client>", "", "<client> ", ["<client>"], null, "constructor"),
  aud: odd("<client>", "", ["<client>"], ["<client>", "other"], null),
});
/** Claims that decide nothing about whether the token is good. */
const harmless = fc.record(
  {
    "cognito:groups": odd([], ["admin"], "admin", ["admin", 1], { 0: "admin", length: 1 }, null),
    "cognito:username": json,
    username: json,
    email: odd("<sentinel>", null),
    "custom:tenant": json,
    auth_time: json,
    origin_jti: json,
    amr: json,
  },
  { requiredKeys: [] },
);
const header = fc.record(
  {
    alg: odd("RS256", "none", "rs256", "RS512", "HS256", "", ["RS256"], null),
    kid: odd("", "__proto__", "constructor", "a".repeat(257), 1, null),
    typ: json,
    cty: json,
    crit: odd([], ["exp"], ["b64"], null),
    b64: odd(false, true),
    jku: json,
    jwk: json,
    x5c: json,
  },
  { requiredKeys: [] },
);
const none = fc.constant({});
const tokenRequest = fc.record({
  use: fc.constantFrom("access" as const, "id" as const),
  claims: fc.oneof({ weight: 3, arbitrary: deciding }, { weight: 1, arbitrary: none }),
  more: fc.oneof(harmless, fc.dictionary(fc.string({ maxLength: 20 }), json, { maxKeys: 4 }), none),
  header: fc.oneof({ weight: 1, arbitrary: header }, { weight: 3, arbitrary: none }),
});

describe("Any claims and any JOSE header, signed with the pool's own key", function () {
  this.timeout(120_000);
  watchForStrayRejections();
  const clock = new TestClock();
  const nowSeconds = Math.floor(clock.nowMs / 1000);
  clock.nowMs = nowSeconds * 1000;
  let cognito: LocalCognito;
  let passed = 0;

  before(async () => {
    cognito = await LocalCognito.start({ clock: clock.read });
  });
  after(async () => {
    await cognito.stop();
    expect(passed).to.be.greaterThan(200);
  });

  const SENTINEL = "Sentinel-0f3c9a51d2e84b67";

  /** Puts what only this run knows into generated claims. */
  function fill(value: unknown): unknown {
    if (typeof value === "string") {
      const { issuer, clientId } = cognito.options;
      return value.replace("<issuer>", issuer).replace("<client>", clientId).replace("<sentinel>", SENTINEL);
    }
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== "object" || value === null) return value;
    if ("fromNow" in value) return nowSeconds + Number(value.fromNow);
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, fill(entry)]));
  }

  it("come to a session for good claims only, else to a row of the error table that repeats nothing", async () => {
    const manager = new SessionManager({ ...cognito.options, identityPoolId: null }, { clock: clock.read });
    const kids = kidsOf(cognito);
    await checkCases(
      4000,
      fc.asyncProperty(tokenRequest, async ({ use, claims, more, header: given }) => {
        const changed = Object.fromEntries(Object.entries({ ...more, ...claims }).map(([name, v]) => [name, fill(v)]));
        const token = cognito.signToken({ tokenUse: use, claims: changed, header: given });
        const answer = await ask(manager, linesOf(token));
        const [head, body] = token.split(".").map((part) => safeParse(Buffer.from(part, "base64url").toString()));
        const { issuer, clientId } = cognito.options;
        const mayPass = mayBeHeader(head, { kid: kids[use] }) && mayBeClaims(body, { issuer, clientId, nowSeconds });
        if (answer.status === 200) {
          passed += 1;
          expect(mayPass, JSON.stringify([head, body])).to.equal(true);
          expect(answer.session?.userSub).to.equal(changed.sub ?? answer.session?.userSub);
          return;
        }
        expectTokenFault(answer);
        expectNoEcho(answer, [token, ...stringsIn(changed)]);
        // Claims that decide nothing must not shut anybody out, but for a name that no token may hold anywhere.
        if (JSON.stringify(more).includes('"__proto__":')) return;
        if (Object.keys(more).every((name) => HARMLESS.has(name)) && isUntouched({ ...claims, ...given })) {
          throw new Error(`A good token was refused: ${JSON.stringify([head, body])} ${answer.body}`);
        }
      }),
    );
  });
});

const HARMLESS = new Set([
  "cognito:groups",
  "cognito:username",
  "username",
  "email",
  "custom:tenant",
  "auth_time",
  "origin_jti",
  "amr",
]);
const isUntouched = (changes: object) => Object.keys(changes).length === 0;

function kidsOf(cognito: LocalCognito): Record<"access" | "id", string> {
  const kidOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;
  return { access: kidOf(cognito.signToken({ tokenUse: "access" })), id: kidOf(cognito.signToken({ tokenUse: "id" })) };
}

function safeParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
