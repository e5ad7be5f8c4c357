import { expect } from "chai";
import type { AuthErrorCode } from "cognito-auth-session";
import type { Fault } from "cognito-auth-session/testing";
import type { Answer } from "../support/expectations.js";
import { type AppUnderAttack, type Attack, refused } from "./attack.js";
import { bearer } from "./attempt.js";
import type { World } from "./context.js";

/** An app with the pool's identity pool. */
export const withPool = (w: World): AppUnderAttack => ({
  options: { ...w.cognito.options, requestTimeout: 300 },
});

/** A user's ID token. */
export const idOf = (w: World, username: string, groups: string[] = [], roles: string[] = []): string =>
  w.cognito.signIn({ username, groups, roles }).idToken;

const credentialsBody = (credentials: unknown): Fault => ({
  body: JSON.stringify({ IdentityId: "eu-west-1:00000000-0000-0000-0000-000000000000", Credentials: credentials }),
});
const FULL = { AccessKeyId: "ASIAX", SecretKey: "secret", SessionToken: "token", Expiration: 4_102_444_800 };

const GET_CREDENTIALS = "GetCredentialsForIdentity";

/** Answers of the identity pool that give nobody credentials. */
const FAULTS: readonly [string, string, Fault, AuthErrorCode, string?][] = [
  ["HTML with 500 from GetId", "GetId", { status: 500 }, "credentials_unavailable"],
  ["504 from GetId", "GetId", { status: 504 }, "credentials_unavailable"],
  ["JSON that is cut short", "GetId", { body: '{"IdentityId":"eu-' }, "credentials_unavailable"],
  ["a list in place of an answer", "GetId", { body: "[]" }, "credentials_unavailable"],
  ["null in place of an answer", "GetId", { body: "null" }, "credentials_unavailable"],
  ["an identity id of null", "GetId", { body: '{"IdentityId":null}' }, "credentials_unavailable"],
  ["an empty identity id", "GetId", { body: '{"IdentityId":""}' }, "credentials_unavailable"],
  ["an identity id without a Region", "GetId", { body: '{"IdentityId":"0000"}' }, "credentials_unavailable"],
  [
    "an identity id with a line end",
    "GetId",
    { body: '{"IdentityId":"eu-west-1:a\\r\\nX: y"}' },
    "credentials_unavailable",
  ],
  ["an identity id with a path", "GetId", { body: '{"IdentityId":"eu-west-1:a/../b"}' }, "credentials_unavailable"],
  ["no credentials", GET_CREDENTIALS, credentialsBody(undefined), "credentials_unavailable"],
  ["credentials of null", GET_CREDENTIALS, credentialsBody(null), "credentials_unavailable"],
  ["empty credentials", GET_CREDENTIALS, credentialsBody({}), "credentials_unavailable"],
  ["an empty access key", GET_CREDENTIALS, credentialsBody({ ...FULL, AccessKeyId: "" }), "credentials_unavailable"],
  ["an empty secret key", GET_CREDENTIALS, credentialsBody({ ...FULL, SecretKey: "" }), "credentials_unavailable"],
  [
    "an empty session token",
    GET_CREDENTIALS,
    credentialsBody({ ...FULL, SessionToken: "" }),
    "credentials_unavailable",
  ],
  [
    "no session token",
    GET_CREDENTIALS,
    credentialsBody({ ...FULL, SessionToken: undefined }),
    "credentials_unavailable",
  ],
  [
    "credentials without an end",
    GET_CREDENTIALS,
    credentialsBody({ ...FULL, Expiration: undefined }),
    "credentials_unavailable",
  ],
  ["credentials that ended", GET_CREDENTIALS, credentialsBody({ ...FULL, Expiration: 1 }), "credentials_unavailable"],
  [
    "credentials that end at no time",
    GET_CREDENTIALS,
    credentialsBody({ ...FULL, Expiration: 1e300 }),
    "credentials_unavailable",
  ],
  [
    "a refusal of GetCredentialsForIdentity",
    GET_CREDENTIALS,
    { error: "NotAuthorizedException" },
    "credentials_denied",
  ],
  ["a firewall's page", GET_CREDENTIALS, { status: 403 }, "credentials_denied"],
  [
    "throttling of GetCredentialsForIdentity",
    GET_CREDENTIALS,
    { error: "TooManyRequestsException" },
    "credentials_unavailable",
    "TooManyRequestsException",
  ],
  ["a reset GetCredentialsForIdentity", GET_CREDENTIALS, { reset: true }, "credentials_unavailable"],
  ["a hanging GetId", "GetId", { delay: Number.POSITIVE_INFINITY }, "credentials_unavailable"],
];

/** Secrets must not be in any answer. */
function expectNoSecret({ text, headers }: Answer): void {
  const shown = `${text} ${JSON.stringify(headers)}`;
  expect(shown).not.to.match(/eyJ|SecretKey|secretAccessKey|sessionToken|"ASIA[A-Z2-7]{16}"|Logins|IdentityPool '/);
}

const faulty = ([name, operation, fault, code, errorName]: (typeof FAULTS)[number]): Attack =>
  refused(
    `${name} gives nobody credentials, tells no secret, and is not remembered`,
    (w) => bearer(idOf(w, "eve")),
    code,
    {
      ...(errorName === undefined ? {} : { name: errorName }),
      app: withPool,
      prepare: async ({ ask, world }) => {
        world.cognito.fail(operation, fault);
        expectNoSecret(await ask(bearer(idOf(world, "mallory"))));
      },
      after: async ({ ask, world }) => {
        world.heal();
        expect((await ask(bearer(idOf(world, "eve")))).status).to.equal(200);
      },
    },
  );

export const faultAttacks: readonly Attack[] = FAULTS.map(faulty);
