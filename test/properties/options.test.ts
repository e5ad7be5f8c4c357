import { expect } from "chai";
import {
  AuthError,
  type AuthSessionOptions,
  authSession,
  ConfigurationError,
  SessionManager,
  type SessionManagerParts,
} from "cognito-auth-session";
import fc from "fast-check";
import { ask, expectTableRow, linesOf } from "./support/answers.js";
import { OwnPool } from "./support/own-pool.js";
import { watchForStrayRejections } from "./support/process-watch.js";
import { checkCases } from "./support/seeded.js";

const pool = new OwnPool();
const IDENTITY_POOL = "eu-west-1:00000000-0000-4000-8000-000000000000";
const junk = () => fc.anything({ withNullPrototype: true, withDate: true, withMap: true, withBigInt: true });
const mostly = (...values: readonly unknown[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: junk() });

/** Callbacks of all tempers. Their names are what a counterexample shows. */
const CALLBACKS = {
  true: () => true,
  false: () => false,
  nothing: () => undefined,
  text: () => "text",
  object: () => ({}),
  throws: () => {
    throw new Error("thrown by a callback");
  },
  throwsText: () => {
    throw "text";
  },
  throwsOurs: () => {
    throw new AuthError("forbidden");
  },
  resolves: () => Promise.resolve(true),
  rejects: () => Promise.reject(new Error("rejected by a callback")),
  rejectsNothing: () => Promise.reject(),
  hangs: () => new Promise(() => {}),
  // biome-ignore lint/suspicious/noThenProperty: what a callback of an older promise library may give
  thenable: () => ({ then: (done: (value: boolean) => void) => done(true) }),
  thenableThrows: () => ({
    // biome-ignore lint/suspicious/noThenProperty: as above
    then: () => {
      throw new Error("thrown by a thenable");
    },
  }),
} as const;
const callback = () => mostly(...Object.values(CALLBACKS));

const poolOptions = {
  userPoolId: mostly(pool.userPoolId, "local_a", "", "eu-west-1_", "eu-west-1", null, undefined),
  clientId: mostly(pool.clientId, [pool.clientId, "other"], [], null, "", "a b", undefined),
  identityPoolId: mostly(IDENTITY_POOL, null, "", "x", undefined),
  issuer: mostly(pool.issuer, [pool.issuer], `${pool.issuer}/`, [], "x", "http://example.com/a", [
    pool.issuer,
    pool.issuer,
  ]),
  jwksUri: mostly("https://example.com/jwks.json", "http://example.com/", "http://127.0.0.1:1/", "x", "", "file:///x"),
  jwks: mostly({ keys: [pool.jwk] }, { keys: [] }, { keys: [{}] }, {}, { keys: [pool.jwk, null] }, null, undefined),
  userPoolEndpoint: mostly("https://example.com//", "https://user:pw@example.com", "http://localhost:1", "ftp://x", ""),
  identityPoolEndpoint: mostly("https://example.com", "http://10.0.0.1", "https://example.com/#x", "\u0000"),
};
const LARGEST_TRIED = 5000;
const options: Record<string, fc.Arbitrary<unknown>> = {
  ...poolOptions,
  userPools: mostly([], [{}], [{ userPoolId: pool.userPoolId, clientId: "c" }], {}, undefined),
  allowHttp: mostly(true, false, "true", undefined),
  tokenUse: mostly("access", "id", "any", "ID", undefined),
  required: mostly(true, false, 0, undefined),
  idTokenHeader: mostly("x-id", "X-ID-Token", "authorization", "Cookie", "a b", "", "x\r\ny", undefined),
  getToken: callback(),
  clockTolerance: mostly(0, 5, 300, 301, -1, Number.NaN, "5", undefined),
  customCheck: callback(),
  isRevoked: callback(),
  credentials: mostly("eager", "lazy", "never", undefined),
  roleArn: fc.oneof(callback(), fc.constantFrom("arn:aws:iam::123456789012:role/r", "arn:x", "")),
  tokenCacheSize: mostly(0, 1, LARGEST_TRIED, -1, 1.5, Number.POSITIVE_INFINITY, 10_000_001, "1", undefined),
  credentialsCacheSize: mostly(1, LARGEST_TRIED, 0, -1, 10_000_001, undefined),
  requestTimeout: mostly(1, 5, 0, 60_001, 0.5, Number.NaN, "5", undefined),
  realm: mostly("my api", 'quo"te', "a\r\nb", "", "caf\u00e9", undefined),
};
const changes = fc.oneof(
  { weight: 8, arbitrary: fc.subarray(Object.keys(options), { minLength: 1, maxLength: 3 }).chain(recordOf) },
  {
    weight: 1,
    arbitrary: fc.record({ userPools: fc.array(fc.record(poolOptions, { requiredKeys: [] }), { maxLength: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom("clientID", "poolId", "realms", "__proto__")),
      junk(),
      { maxKeys: 2 },
    ),
  },
);

function recordOf(names: readonly string[]): fc.Arbitrary<object> {
  return fc.record(Object.fromEntries(names.map((name) => [name, options[name] ?? junk()])));
}

/** Good values of the large numbers, made small: a cache of millions takes its memory at once. */
function tame(given: object): object {
  const bounded = ["tokenCacheSize", "credentialsCacheSize", "requestTimeout"].map((name) => {
    const value: unknown = Reflect.get(given, name);
    const isLarge = typeof value === "number" && Number.isInteger(value) && value > 20 && value <= 10_000_000;
    return [name, isLarge ? (value % 20) + 1 : value];
  });
  return { ...given, ...Object.fromEntries(bounded.filter(([name]) => Object.hasOwn(given, String(name)))) };
}

const parts: SessionManagerParts = {
  fetchJson: pool.fetchJson,
  exchange: () =>
    Promise.resolve({
      identityId: "eu-west-1:0",
      accessKeyId: "ASIAEXAMPLE",
      secretAccessKey: "secret",
      sessionToken: "session",
      obtainedAtMs: Date.now(),
      expiresAtMs: Date.now() + 3_600_000,
    }),
};

/** What the options make: a manager, or the one error that they may end in. */
function attempt<T>(make: () => T): T | ConfigurationError {
  try {
    return make();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

describe("Any options", function () {
  this.timeout(120_000);
  watchForStrayRejections();
  const base = { userPoolId: pool.userPoolId, clientId: pool.clientId, requestTimeout: 5 };
  let worked = 0;
  let refused = 0;

  /** The option types are what is being broken here. */
  const managerOf = (given: unknown) => attempt(() => new SessionManager(given as AuthSessionOptions, parts));

  async function check(given: unknown): Promise<void> {
    const manager = managerOf(given);
    const middleware = attempt(() => authSession(given as AuthSessionOptions));
    expect(manager instanceof ConfigurationError).to.equal(middleware instanceof ConfigurationError);
    if (manager instanceof ConfigurationError) {
      refused += 1;
      expect(manager).to.include({ name: "ConfigurationError", code: "misconfigured", expose: false });
      expect(manager.message).to.match(/[.?]$/);
      return;
    }
    worked += 1;
    const realm =
      typeof given === "object" && given !== null && "realm" in given ? String(given.realm ?? "api") : "api";
    const good = pool.sign("id");
    for (const lines of [linesOf(good), linesOf(`${good.slice(0, -2)}AA`), linesOf(good, good), []]) {
      const answer = await ask(manager, lines);
      if (answer.status !== 200) expectTableRow(answer, realm);
    }
  }

  it("a good set with some changed: a ConfigurationError at once, or a manager that answers by the table", async () => {
    await checkCases(
      3000,
      fc.asyncProperty(fc.constantFrom(null, IDENTITY_POOL), changes, (identityPoolId, given) =>
        check({ ...base, identityPoolId, ...tame(given) }),
      ),
    );
    expect(worked).to.be.greaterThan(300);
    expect(refused).to.be.greaterThan(300);
  });

  it("no options at all, but some value", async () => {
    await checkCases(500, fc.asyncProperty(junk(), check));
  });
});
