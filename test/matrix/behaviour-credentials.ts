import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { roleByGroup } from "cognito-auth-session";
import type { Fault } from "cognito-auth-session/testing";
import { TestStore } from "../support/test-store.js";
import { bearer, lines } from "../threats/attempt.js";
import { at, type Behaviour, type BehaviourGroup, type Cast, EXCHANGED, ROLES, refused, served } from "./behaviour.js";

const GUESTS = { required: false, guest: true } as const;
const LAZY = { credentials: "lazy" } as const;

const access = ({ ada }: Cast) => bearer(ada.accessToken);
const id = ({ ada }: Cast) => bearer(ada.idToken);
const failing =
  (operation: string, fault: Fault): NonNullable<Behaviour["prepare"]> =>
  ({ cognito }) =>
    cognito.fail(operation, fault);
const shared = (health: TestStore["health"]) => () => {
  const store = new TestStore();
  store.health = health;
  return { store, encryptionKeys: [randomBytes(32).toString("base64")] };
};
/** Whose role the access key in `/me` is. */
const signsAs =
  (roleArn: string): NonNullable<Behaviour["after"]> =>
  ({ cognito }, body) => {
    const { accessKeyId } = body as { accessKeyId: string };
    expect(cognito.callerIdentity(accessKeyId)?.roleArn).to.equal(roleArn);
  };

/** The caller's own AWS credentials. */
export const CREDENTIALS: BehaviourGroup = {
  title: "credentials",
  cases: [
    served("eager: there before the handler", id, (cast) => cast.me(EXCHANGED)),
    served("lazy: not before they are asked for", id, (cast) => cast.me(), {
      options: LAZY,
      prepare: failing("GetId", { error: "TooManyRequestsException" }),
    }),
    served("without an identity pool: none", id, (cast) => cast.me(), { options: { identityPoolId: null } }),
    served(
      "forceRefresh: new ones",
      (cast) => at("/refreshed", id(cast)),
      () => ({ username: "ada", renewed: true }),
    ),
    served(
      "forceRefresh, lazy: the first ones",
      (cast) => at("/refreshed", id(cast)),
      () => ({ username: "ada", renewed: true }),
      {
        options: LAZY,
      },
    ),
    served(
      "forceRefresh with an access token alone: nothing to renew",
      (cast) => at("/refreshed", access(cast)),
      () => ({
        username: "ada",
        renewed: false,
      }),
    ),
    refused("forceRefresh while Cognito throttles", (cast) => at("/refreshed", id(cast)), "credentials_unavailable", {
      options: LAZY,
      prepare: failing("GetId", { error: "TooManyRequestsException" }),
      name: "TooManyRequestsException",
    }),
    served(
      "a guest: the pool's role for guests",
      () => lines(),
      () => ({
        isAuthenticated: false,
        groups: [],
        scopes: [],
        ...EXCHANGED,
      }),
      { options: GUESTS },
    ),
    served("a user, where there are guests", id, (cast) => cast.me(EXCHANGED), { options: GUESTS }),
    refused("a guest before requireAuth", () => lines(), "missing_token", { options: GUESTS, guard: ["requireAuth"] }),
    refused("a guest before requireCredentials", () => lines(), "missing_token", {
      options: GUESTS,
      guard: ["requireCredentials"],
    }),
    served("the role of a group", id, (cast) => cast.me(EXCHANGED), {
      options: { roleArn: roleByGroup({ dev: ROLES.readers, ops: ROLES.admins }) },
      after: signsAs(ROLES.readers),
    }),
    served("the role that Cognito prefers", id, (cast) => cast.me(EXCHANGED), {
      options: { roleArn: roleByGroup({ dev: ROLES.readers, admin: ROLES.admins }) },
      after: signsAs(ROLES.admins),
    }),
    served("the basic flow", id, (cast) => cast.me(EXCHANGED), {
      options: { authFlow: "basic", roleArn: ROLES.readers },
      after: signsAs(ROLES.readers),
    }),
    refused("a role that is not the user's", id, "credentials_denied", {
      options: { roleArn: "arn:aws:iam::123456789012:role/root" },
    }),
    refused("a user whom the identity pool refuses", id, "credentials_denied", {
      prepare: failing("GetId", { error: "NotAuthorizedException" }),
    }),
    refused("a user whom it refuses later", id, "credentials_denied", {
      options: LAZY,
      guard: ["requireCredentials"],
      prepare: failing("GetCredentialsForIdentity", { error: "NotAuthorizedException" }),
    }),
    refused("an identity pool that throttles", id, "credentials_unavailable", {
      prepare: failing("GetId", { error: "TooManyRequestsException" }),
      name: "TooManyRequestsException",
    }),
    refused("an identity pool with a fault of its own", id, "credentials_unavailable", {
      prepare: failing("GetCredentialsForIdentity", { error: "InternalErrorException" }),
      name: "InternalErrorException",
    }),
    refused("an identity pool behind requireCredentials that throttles", id, "credentials_unavailable", {
      options: LAZY,
      guard: ["requireCredentials"],
      prepare: failing("GetId", { error: "TooManyRequestsException" }),
      name: "TooManyRequestsException",
    }),
    refused("an identity pool that is none", id, "misconfigured", {
      options: { identityPoolId: "eu-west-1:00000000-0000-4000-8000-000000000000" },
      name: "ResourceNotFoundException",
    }),
    refused("an identity pool that is set up wrongly", id, "misconfigured", {
      prepare: failing("GetCredentialsForIdentity", { error: "InvalidIdentityPoolConfigurationException" }),
      name: "InvalidIdentityPoolConfigurationException",
    }),
    refused("requireCredentials without an identity pool", id, "misconfigured", {
      options: { identityPoolId: null },
      guard: ["requireCredentials"],
      name: "InvalidIdentityPoolConfigurationException",
    }),
    served("a store that works", id, (cast) => cast.me(EXCHANGED), { options: shared("up") }),
    served("a store that is down is left aside", id, (cast) => cast.me(EXCHANGED), { options: shared("down") }),
    served("a store that hangs is left aside", id, (cast) => cast.me(EXCHANGED), { options: shared("hanging") }),
    served("a store that answers nonsense is left aside", id, (cast) => cast.me(EXCHANGED), {
      options: shared("garbage"),
    }),
    refused("a sign-out counts with the store down", id, "token_revoked", {
      options: shared("down"),
      prepare: (cast, sessions) =>
        // It says that the other processes could not be told.
        expectRejection(sessions.revoke({ userSub: cast.subOf(cast.ada.idToken) })),
    }),
  ],
};

async function expectRejection(promise: Promise<unknown>): Promise<void> {
  const error: unknown = await promise.catch((each: unknown) => each);
  expect(error).to.include({ code: "store_unavailable" });
}
