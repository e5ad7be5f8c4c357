import { expect } from "chai";
import type { AuthErrorCode } from "cognito-auth-session";
import { type Attack, type AttackGroup, harmless, refused, type Stage } from "./attack.js";
import { base64url, bearer, lines } from "./attempt.js";
import { ADA, type World } from "./context.js";
import { appGiven } from "./transport-get-token.js";

/** Longest token that is looked at. */
const BOUND = 16_384;

/** A good token of just so many characters. Base64 has no text of some lengths; a longer header moves them. */
function tokenOf(w: World, length: number): string {
  const signature = Math.ceil((256 * 4) / 3);
  for (let extra = 0; extra < 4; extra += 1) {
    const header = w.mint.header({ x: "x".repeat(extra) });
    const room = length - base64url(header).length - signature - 2;
    const padding = Math.floor((room * 3) / 4) - w.payload({ padding: "" }).length;
    const token = w.mint.sign(header, w.payload({ padding: "x".repeat(padding) }));
    if (token.length === length) return token;
  }
  throw new Error("There is no token of this length.");
}

/** Texts that are long, and cheap to send; each as it would come from a `getToken`, without an HTTP parser's bound. */
const LONG: readonly [string, () => string][] = [
  ["100,000 dots", () => ".".repeat(100_000)],
  ["a million dots", () => ".".repeat(1_000_000)],
  ["a million letters", () => "a".repeat(1_000_000)],
  ["ten million letters and two dots", () => `${"a".repeat(5_000_000)}.${"a".repeat(5_000_000)}.a`],
  ["a million spaces", () => " ".repeat(1_000_000)],
  ["a million equals signs", () => "=".repeat(1_000_000)],
  ["a million commas", () => ",".repeat(1_000_000)],
  ["a million emoji", () => "\u{1f600}".repeat(1_000_000)],
];

/** The same within every bound: the answer must not take long. */
const DENSE: readonly [string, (w: World) => string, AuthErrorCode][] = [
  ["16,000 dots", () => ".".repeat(16_000), "malformed_token"],
  ["8,000 pairs of letter and dot", () => "a.".repeat(8_000), "malformed_token"],
  ["a payload of 5,900 opening brackets", (w) => signed(w, "[".repeat(5_900)), "malformed_token"],
  ["a payload of 5,900 quotes", (w) => signed(w, '"'.repeat(5_900)), "malformed_token"],
  ["a payload of backslashes", (w) => signed(w, `{"a":"${"\\\\".repeat(2_900)}"}`), "invalid_claims"],
  ["a payload of escaped quotes", (w) => signed(w, `{"a":"${'\\"'.repeat(2_900)}"}`), "invalid_claims"],
  ["a payload of 800 members", (w) => signed(w, members(800)), "invalid_claims"],
  ["a payload of 3,000 empty lists", (w) => signed(w, `{"a":[${"[],".repeat(2_900)}0]}`), "invalid_claims"],
  ["a payload of one number", (w) => signed(w, `{"exp":${"1".repeat(5_800)}}`), "invalid_claims"],
  ["a header of 5,900 spaces", (w) => w.mint.sign(`${" ".repeat(5_900)}{}`, "{}"), "invalid_signature"],
  ["a header of 800 members", (w) => w.mint.sign(members(800), "{}"), "invalid_signature"],
  ["a signature of 15,000 letters", (w) => `${base64url(w.mint.header())}.e30.${"A".repeat(15_000)}`, "invalid_claims"],
];

const signed = (w: World, payload: string): string => w.mint.sign(w.mint.header(), payload);
const members = (count: number): string => `{${Array.from({ length: count }, (_, n) => `"${n}":0`).join()}}`;

/** Headers whose reading must not take long. */
const HEADERS: readonly [string, string, AuthErrorCode][] = [
  ["30,000 spaces after the scheme", `Bearer${" ".repeat(30_000)}x`, "invalid_request"],
  ["30,000 spaces after another scheme", `Basic${" ".repeat(30_000)}x`, "missing_token"],
  ["30,000 letters", "a".repeat(30_000), "invalid_request"],
  ["30,000 exclamation marks", `${"!".repeat(30_000)} `, "invalid_request"],
  ["30,000 commas", `Bearer ${",".repeat(30_000)}`, "invalid_request"],
  ["15,000 pairs of letter and space", "a ".repeat(15_000), "missing_token"],
  ["Bearer 4,000 times", "Bearer ".repeat(4_000), "invalid_request"],
];

const long = ([name, make]: (typeof LONG)[number]): Attack =>
  refused(`${name} are refused at once`, () => lines(), "malformed_token", {
    withinMs: 1000,
    app: (w) => {
      const text = make();
      return appGiven(w, () => text);
    },
  });

const slow = (name: string, options: object, code: AuthErrorCode): Attack =>
  refused(`${name} that hangs ends with the time-out`, (w) => bearer(w.access()), code, {
    app: (w) => ({ options: { ...w.options, requestTimeout: 50, ...options } }),
    withinMs: 1000,
  });

const unlessAda = (session: { userSub?: string | undefined }, otherwise: boolean) =>
  session.userSub === ADA.userSub ? otherwise : new Promise<boolean>(() => {});

export const denialOfService: AttackGroup = {
  title: "denial of service",
  attacks: [
    harmless("a good token of 16 KiB is good", (w) => bearer(tokenOf(w, BOUND)), ADA),
    refused(
      "a good token of 16 KiB and one character is refused",
      (w) => bearer(tokenOf(w, BOUND + 1)),
      "malformed_token",
    ),
    refused(
      "a good token of 16 KiB and one character is refused as the second token",
      (w) => bearer(w.good(), tokenOf(w, BOUND + 1)),
      "malformed_token",
    ),
    refused(
      "a good token of 40 KB is refused",
      (w) => bearer(w.access({ padding: "x".repeat(30_000) })),
      "malformed_token",
    ),
    refused("a good token of 18 KB by getToken is refused", () => lines(), "malformed_token", {
      app: (w) => appGiven(w, () => w.access({ padding: "x".repeat(13_000) })),
    }),
    ...LONG.map(long),
    ...DENSE.map(([name, make, code]) =>
      refused(`${name} takes no time`, (w) => bearer(make(w)), code, { withinMs: 1000 }),
    ),
    ...HEADERS.map(([name, value, code]) =>
      refused(`an Authorization header of ${name} takes no time`, () => lines(`Authorization: ${value}`), code, {
        withinMs: 1000,
      }),
    ),
    refused(
      "300 other headers before a bad one take no time",
      () => lines(...Array.from({ length: 300 }, (_, n) => `X-${n}: x`), "Authorization: Bearer"),
      "invalid_request",
      { withinMs: 1000 },
    ),
    harmless(
      "a flood of good tokens, more than are remembered, leaves each user who they are",
      (w) => bearer(w.good()),
      ADA,
      {
        app: (w) => ({ options: { ...w.options, tokenCacheSize: 10 } }),
        prepare: (stage) => flood(stage, (w, n) => w.access({ sub: `user-${n}` }), 200),
      },
    ),
    harmless("a flood of bad tokens holds up no good one", (w) => bearer(w.good()), ADA, {
      prepare: (stage) => flood(stage, (w, n) => `${w.access().slice(0, -10)}${n}`, 401),
      withinMs: 1000,
    }),
    harmless("a flood of unknown keys' tokens holds up no good one", (w) => bearer(w.good()), ADA, {
      prepare: (stage) => flood(stage, (w, n) => w.access({}, { kid: `k${n}` }), 401),
      withinMs: 1000,
    }),
    harmless("clients that hang up, a hundred of them, leave nothing behind", (w) => bearer(w.good()), ADA, {
      prepare: async ({ ask, world }) => {
        world.cognito.fail("JWKS", { delay: 40 });
        const gone = Array.from({ length: 100 }, () => ask({ ...bearer(world.good()), hangUpAfterMs: 10 }));
        await Promise.allSettled(gone);
      },
    }),
    refused("a getToken that hangs ends with the time-out", () => lines(), "invalid_request", {
      app: (w) => appGiven(w, () => new Promise(() => {})),
      withinMs: 1000,
    }),
    slow("a customCheck", { customCheck: (session: object) => unlessAda(session, true) }, "forbidden"),
    slow("an isRevoked", { isRevoked: (session: object) => unlessAda(session, false) }, "store_unavailable"),
    refused(
      "a check that rejects after its time-out is nobody's unhandled rejection",
      (w) => bearer(w.access()),
      "forbidden",
      {
        app: (w) => ({
          options: {
            ...w.options,
            requestTimeout: 20,
            customCheck: async ({ userSub }) => {
              if (userSub === ADA.userSub) return true;
              await new Promise((resolve) => setTimeout(resolve, 40));
              throw new Error("late");
            },
          },
        }),
      },
    ),
  ],
};

async function flood({ ask, world }: Stage, make: (w: World, n: number) => string, status: number): Promise<void> {
  const tokens = Array.from({ length: 150 }, (_, n) => make(world, n));
  const answers = await Promise.all(tokens.map((token) => ask(bearer(token))));
  expect(new Set(answers.map((answer) => answer.status))).to.deep.equal(new Set([status]));
  if (status !== 200) return;
  answers.forEach(({ body }, n) => {
    expect(body).to.deep.include({ userSub: `user-${n}` });
  });
}
