import type { IdentityPoolConfig, UserPoolConfig } from "../../config/config.js";
import type { AWSCredentials } from "../../credentials/credentials.js";
import { IdentityPoolExchange } from "../../credentials/exchange.js";
import type { Subject } from "../../credentials/subject.js";
import { AuthError } from "../../errors/auth-error.js";
import { failed } from "../../errors/outcome.js";
import type { AuthSession } from "../../session/types.js";
import { failureOf } from "../finding.js";
import { readableTime } from "../times.js";
import type { Check, Examination } from "./check.js";

const NOT_LINKED_TO_TELL = "Only a good ID token can show whether the identity pool is linked to the app client.";

/** Nothing is configured: that may be meant. */
export function noIdentityPool(): Check {
  return {
    id: "identity-pool",
    status: "warn",
    message: "No identity pool is configured: sessions have no AWS credentials.",
    fix: "If they should have, set `identityPoolId` (COGNITO_IDENTITY_POOL_ID).",
  };
}

/**
 * Whether the identity pool exists, without a user's token. GetId without any login would make a guest's identity, so it
 * is asked with a login that cannot be good: a pool that exists refuses that.
 */
export async function checkIdentityPool(examination: Examination, identityPool: IdentityPoolConfig): Promise<Check> {
  const { found, clock, pool, token, wait } = examination;
  const { requestTimeoutMs: timeoutMs } = found.config;
  const service = new IdentityPoolExchange({
    clock,
    timeoutMs,
    maxIdentities: 1,
    authFlow: "enhanced",
    store: undefined,
  });
  const outcome = await wait("Asking the identity pool", service.exchange(nobody(pool, identityPool)));
  service.close();
  const id = "identity-pool";
  if (!failed(outcome) || outcome.code === "credentials_denied") {
    const fix =
      token === undefined
        ? "Run it again with `--token -` and pipe an ID token in."
        : "Mend first what the token is refused for.";
    return { id, status: "warn", message: `The identity pool answers. ${NOT_LINKED_TO_TELL}`, fix };
  }
  return { id, ...failureOf("The identity pool cannot be used", outcome) };
}

/** The way from an ID token to credentials, call by call. */
export async function checkCredentials(
  { wait, clock }: Examination,
  session: AuthSession,
): Promise<{ readonly checks: readonly Check[]; readonly credentials?: AWSCredentials }> {
  if (session.tokens?.idToken === undefined) {
    const message = `Identity pools take ID tokens only, and this is an access token. ${NOT_LINKED_TO_TELL}`;
    return {
      checks: [{ id: "identity-pool", status: "warn", message, fix: "Give the ID token of the same sign-in." }],
    };
  }
  const linked: Check = {
    id: "identity-pool",
    status: "pass",
    message: "The identity pool is linked to the app client.",
  };
  const identity: Check = { id: "get-id", status: "pass", message: "GetId gives the user's identity." };
  try {
    const credentials = await wait("Exchanging the token for AWS credentials", session.getCredentials());
    const expires = readableTime((credentials.expiration?.getTime() ?? Number.NaN) / 1000, clock())?.relative;
    const message = `GetCredentialsForIdentity gives AWS credentials that expire ${expires ?? "some day"}.`;
    return { checks: [linked, identity, { id: "credentials", status: "pass", message }], credentials };
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    if (error.cause?.operation !== "GetId") {
      return { checks: [linked, identity, { id: "credentials", ...failureOf("No AWS credentials", error) }] };
    }
    // Refused, it says that the pool does not know this user pool or app client; else nothing about that.
    const id = error.code === "credentials_denied" || error.code === "misconfigured" ? "identity-pool" : "get-id";
    return { checks: [{ id, ...failureOf("The identity pool gives no identity", error) }] };
  }
}

function nobody({ issuers }: UserPoolConfig, identityPool: IdentityPoolConfig): Subject {
  const provider = issuers[0]?.replace(/^https?:\/\//, "") ?? "";
  return {
    key: "nobody",
    identityKey: "nobody",
    identityPool,
    login: { provider, idToken: "not-a-token" },
    owner: undefined,
    tokenDigest: "",
    roleArn: undefined,
  };
}
