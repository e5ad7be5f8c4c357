import { expect } from "chai";
import { SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import fc from "fast-check";
import { ask, expectNoEcho, expectTokenFault, linesOf } from "./support/answers.js";
import { watchForStrayRejections } from "./support/process-watch.js";
import { checkCases } from "./support/seeded.js";

/** Where in a token something is done, whatever its length. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (where: number, length: number) => Math.floor(where * length);

/** Does something to a token, with the other tokens at hand. */
type Mutation = (token: string, others: readonly string[]) => string;

const inSegment =
  (segment: number, change: (text: string, others: readonly string[]) => string): Mutation =>
  (token, others) =>
    token
      .split(".")
      .map((text, index) =>
        index === segment
          ? change(
              text,
              others.map((other) => other.split(".")[segment] ?? ""),
            )
          : text,
      )
      .join(".");

/** Mutations made of generated arguments, shown by those in a counterexample. */
function told<T>(name: string, given: fc.Arbitrary<T>, make: (given: T) => Mutation): fc.Arbitrary<Mutation> {
  return given.map((values) => {
    const told = { [fc.toStringMethod]: () => `${name}(${fc.stringify(values)})` };
    return Object.assign(make(values), told);
  });
}

const segment = fc.nat(2);
const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \t\u00e9%\0"];
const characters = fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 4 }).map((list) => list.join(""));

const replaced = told("replaced", fc.tuple(place, characters), ([where, text]): Mutation => {
  return (token) => {
    const start = at(where, token.length);
    return token.slice(0, start) + text + token.slice(start + text.length);
  };
});
const inserted = told("inserted", fc.tuple(place, characters), ([where, text]): Mutation => {
  return (token) => token.slice(0, at(where, token.length)) + text + token.slice(at(where, token.length));
});
const deleted = told("deleted", fc.tuple(place, fc.integer({ min: 1, max: 400 })), ([where, count]): Mutation => {
  return (token) => token.slice(0, at(where, token.length)) + token.slice(at(where, token.length) + count);
});
const truncated = told("truncated", fc.tuple(segment, place), ([index, where]): Mutation => {
  return inSegment(index, (text) => text.slice(0, at(where, text.length)));
});
const bitFlipped = told("bitFlipped", fc.tuple(segment, place, fc.nat(7)), ([index, where, bit]): Mutation => {
  return inSegment(index, (text) => {
    const bytes = Buffer.from(text, "base64url");
    bytes.writeUInt8(bytes.readUInt8(at(where, bytes.length)) ^ (1 << bit), at(where, bytes.length));
    return bytes.toString("base64url");
  });
});
const caseFlipped = told(
  "caseFlipped",
  fc.tuple(place, fc.integer({ min: 1, max: 20 })),
  ([where, count]): Mutation => {
    return (token) => {
      const start = at(where, token.length);
      const part = token.slice(start, start + count);
      const flipped = part === part.toUpperCase() ? part.toLowerCase() : part.toUpperCase();
      return token.slice(0, start) + flipped + token.slice(start + count);
    };
  },
);
const swapped = told(
  "swapped",
  fc.tuple(segment, fc.nat(5)),
  ([index, other]): Mutation => inSegment(index, (_, others) => others[other % others.length] ?? ""),
);
const rearranged = told(
  "rearranged",
  fc.array(fc.nat(3), { maxLength: 6 }),
  (order): Mutation =>
    (token) =>
      order.map((index) => token.split(".")[index] ?? "").join("."),
);
const respelled = fc.constantFrom<Mutation>(
  (token) => `${token}=`,
  (token) => `${token}==`,
  (token) => token.replaceAll("-", "+").replaceAll("_", "/"),
  (token) => encodeURIComponent(token).replaceAll(".", "%2E"),
  (token) => `"${token}"`,
  (token) =>
    token
      .split(".")
      .map((text) => `${text}=`)
      .join("."),
  (token) => [...token].join(" "),
  (token) => Buffer.from(token).toString("base64url"),
  (token) =>
    JSON.stringify({ protected: token.split(".")[0], payload: token.split(".")[1], signature: token.split(".")[2] }),
  (token) => token + token,
  (token) => `${token}.${token}`,
);
const claim = fc.constantFrom(
  "sub",
  "iss",
  "exp",
  "iat",
  "token_use",
  "client_id",
  "aud",
  "cognito:groups",
  "scope",
  "alg",
  "kid",
  "crit",
);
/** Header or payload written anew with one member changed, under the old signature. */
const rewritten = told(
  "rewritten",
  fc.tuple(fc.nat(1), claim, fc.jsonValue({ maxDepth: 1 })),
  ([index, name, value]): Mutation => {
    return inSegment(index, (text) => {
      const object = JSON.parse(Buffer.from(text, "base64url").toString());
      return Buffer.from(JSON.stringify({ ...object, [name]: value })).toString("base64url");
    });
  },
);
/** The same JSON in another spelling, under the old signature. */
const reformatted = told("reformatted", fc.tuple(fc.nat(1), fc.nat(3)), ([index, indent]): Mutation => {
  return inSegment(index, (text) => {
    const object = JSON.parse(Buffer.from(text, "base64url").toString());
    const reordered = Object.fromEntries(Object.entries(object).reverse());
    return Buffer.from(JSON.stringify(indent === 0 ? reordered : object, undefined, indent)).toString("base64url");
  });
});
const mutation = fc.oneof(
  { weight: 3, arbitrary: replaced },
  inserted,
  deleted,
  truncated,
  { weight: 3, arbitrary: bitFlipped },
  caseFlipped,
  swapped,
  rearranged,
  respelled,
  { weight: 2, arbitrary: rewritten },
  reformatted,
  fc.constant<Mutation>((token) => token),
);
const mutations = fc.oneof({ weight: 4, arbitrary: fc.tuple(mutation) }, fc.tuple(mutation, mutation));

describe("Any change to a token", function () {
  this.timeout(120_000);
  watchForStrayRejections();
  let cognito: LocalCognito;
  let stranger: LocalCognito;
  /** Good tokens first, then tokens that were never good here. */
  let issued: string[];
  let good: Set<string>;
  let pair: { accessToken: string; idToken: string };
  let passed = 0;

  before(async () => {
    [cognito, stranger] = await Promise.all([LocalCognito.start(), LocalCognito.start()]);
    pair = cognito.signIn({ username: "ada", groups: ["admin"] });
    const other = cognito.signIn({ username: "bob" });
    const foreign = stranger.signIn({ username: "eve" });
    issued = [pair.accessToken, pair.idToken, other.accessToken, other.idToken];
    good = new Set(issued);
    issued.push(foreign.accessToken, cognito.signToken({ tokenUse: "access", claims: { exp: 1 } }));
  });
  after(async () => {
    await Promise.all([cognito.stop(), stranger.stop()]);
    expect(passed).to.be.greaterThan(100);
  });

  const mutate = (which: number, changes: readonly Mutation[]): string => {
    try {
      return changes.reduce((token, change) => change(token, issued), issued[which] ?? "");
    } catch {
      // A second change may find nothing left to work on.
      return changes[0]?.(issued[which] ?? "", issued) ?? "";
    }
  };

  for (const tokenCacheSize of [10_000, 0]) {
    it(`as the bearer, ${tokenCacheSize} tokens remembered: 200 for no token but those that were issued`, async () => {
      const manager = new SessionManager({ ...cognito.options, identityPoolId: null, tokenCacheSize });
      await checkCases(
        3500,
        fc.asyncProperty(fc.nat(5), mutations, async (which, changes) => {
          // Spaces at the end of a header's value are not part of it.
          const token = mutate(which, changes).replace(/[ \t]+$/, "");
          const answer = await ask(manager, linesOf(token));
          if (good.has(token)) {
            passed += 1;
            expect(answer.status).to.equal(200);
            expect(
              answer.session?.tokens?.accessToken?.toString() ?? answer.session?.tokens?.idToken?.toString(),
            ).to.equal(token);
          } else {
            expectTokenFault(answer);
            expectNoEcho(answer, [token]);
          }
        }),
      );
    });
  }

  it("as the ID token beside a good access token: 200 for the very one of the same sign-in", async () => {
    const manager = new SessionManager({ ...cognito.options, identityPoolId: null });
    await checkCases(
      2500,
      fc.asyncProperty(fc.nat(5), mutations, async (which, changes) => {
        const idToken = mutate(which, changes).replace(/^[ \t]+|[ \t]+$/g, "");
        const answer = await ask(manager, linesOf(pair.accessToken, idToken));
        if (idToken === pair.idToken) expect(answer.status).to.equal(200);
        else {
          expectTokenFault(answer);
          expectNoEcho(answer, [idToken, pair.accessToken]);
        }
      }),
    );
  });
});
