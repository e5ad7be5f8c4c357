import type { Config } from "../config/config.js";
import { ROLE_ARN } from "../config/schema.js";
import type { ExchangedCredentials } from "../credentials/credentials.js";
import type { Federation } from "../credentials/federation.js";
import type { AwsClientClass, SdkClients } from "../credentials/sdk-clients.js";
import { guestOf, type Subject, subjectOf } from "../credentials/subject.js";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome, whenReady } from "../errors/outcome.js";
import { ownValue } from "../tokens/json.js";
import type { VerifiedToken } from "../tokens/verified-token.js";
import type { Revocations } from "./revocations.js";
import { Session } from "./session.js";
import type { SessionCallbacks } from "./types.js";

const NOT_LISTED = "The role that `roleArn` names is not among the roles in the user's ID token (`cognito:roles`).";

const NO_ROLE = "`roleArn` named no role for this user, and in the basic flow nobody else does.";

/** What the federator works with. */
export interface FederatorParts {
  readonly config: Pick<Config, "authFlow" | "guestPool">;
  readonly federation: Federation;
  readonly clients: SdkClients;
  readonly revocations: Pick<Revocations, "check">;
  readonly roleArn: SessionCallbacks["roleArn"];
}

/** Gives sessions their AWS credentials and SDK clients. */
export class Federator {
  readonly #parts: FederatorParts;

  constructor(parts: FederatorParts) {
    this.#parts = parts;
  }

  /** Whether the session is of a kind that gets credentials: an ID token, of a pool with an identity pool, or a guest. */
  applies(session: Session): boolean {
    if (!session.isAuthenticated) return this.#parts.config.guestPool !== undefined;
    return Session.verifiedTokens(session).id?.pool.identityPool !== undefined;
  }

  /** Gives the session credentials, at once where they are at hand. */
  provide(session: Session, forceRefresh: boolean): Eventually<Outcome<ExchangedCredentials>> {
    const subject = this.#subjectOf(session);
    if (failed(subject)) return subject;
    return this.#unlessRevoked(session, () => {
      const { federation } = this.#parts;
      const atHand = forceRefresh ? undefined : federation.peek(subject);
      if (atHand !== undefined) return adopt(session, atHand);
      return federation
        .renew(subject, forceRefresh ? "forced" : "foreground")
        .then((outcome) => (failed(outcome) ? outcome : this.#unlessRevoked(session, () => adopt(session, outcome))));
    });
  }

  /** Whoever was signed out while an exchange was under way, or holds on to an old session, gets nothing. */
  #unlessRevoked<T>(session: Session, next: () => Eventually<Outcome<T>>): Eventually<Outcome<T>> {
    const { revocations } = this.#parts;
    return whenReady(revocations.check(Session.verifiedTokens(session)), (isRevoked) =>
      isRevoked ? new AuthError("token_revoked") : next(),
    );
  }

  awsClient<C, Settings extends object>(
    session: Session,
    Client: AwsClientClass<C, Settings>,
    config: Settings | undefined,
  ): Outcome<C> {
    const subject = this.#subjectOf(session);
    if (failed(subject)) return subject;
    return this.#parts.clients.get(subject.key, Client, config, () => session.getCredentials());
  }

  #subjectOf(session: Session): Outcome<Subject> {
    return Session.subjectOf(session, () => this.#makeSubject(session));
  }

  #makeSubject(session: Session): Outcome<Subject> {
    const { access, id, rawId } = Session.verifiedTokens(session);
    const pool = (access ?? id)?.pool;
    if (pool === undefined) {
      const { guestPool } = this.#parts.config;
      return guestPool === undefined ? new AuthError("missing_token") : guestOf(guestPool);
    }
    if (pool.identityPool === undefined) {
      return new AuthError("misconfigured", {
        name: "InvalidIdentityPoolConfigurationException",
        recoverySuggestion: "AWS credentials were asked for, but no identity pool is configured: set `identityPoolId`.",
      });
    }
    if (id === undefined || rawId === undefined) return new AuthError("id_token_required");
    const arn = this.#roleOf(session, id);
    if (failed(arn)) return arn;
    const { authFlow } = this.#parts.config;
    return subjectOf(id, rawId, pool.identityPool, arn === undefined ? undefined : { arn, authFlow });
  }

  #roleOf(session: Session, id: VerifiedToken): Outcome<string | undefined> {
    const roleArn = this.#nameRole(session);
    if (failed(roleArn)) return roleArn;
    // In the basic flow the role's own trust policy decides, and somebody has to name one.
    if (this.#parts.config.authFlow === "basic") {
      return roleArn ?? new AuthError("credentials_denied", { recoverySuggestion: NO_ROLE });
    }
    if (roleArn === undefined) return undefined;
    return listsRole(id, roleArn) ? roleArn : new AuthError("credentials_denied", { recoverySuggestion: NOT_LISTED });
  }

  #nameRole(session: Session): Outcome<string | undefined> {
    const { roleArn: given } = this.#parts;
    if (typeof given !== "function") return given;
    try {
      const roleArn: unknown = given(session);
      // A promise is no answer here; that it may reject must not be the process' end.
      if (roleArn instanceof Promise) roleArn.catch(() => {});
      if (roleArn === undefined || (typeof roleArn === "string" && ROLE_ARN.test(roleArn))) return roleArn;
    } catch (error) {
      if (error instanceof AuthError) return error;
    }
    return new AuthError("misconfigured", {
      name: "InvalidParameterException",
      recoverySuggestion: "The function `roleArn` threw, or returned something that is not the ARN of an IAM role.",
    });
  }
}

/** Cognito would refuse it as well: `CustomRoleArn` is one of several roles in the token. */
function listsRole({ payload }: VerifiedToken, roleArn: string): boolean {
  const roles = ownValue(payload, "cognito:roles");
  return (Array.isArray(roles) && roles.includes(roleArn)) || ownValue(payload, "cognito:preferred_role") === roleArn;
}

function adopt(session: Session, exchanged: ExchangedCredentials): ExchangedCredentials {
  Session.adopt(session, exchanged);
  return exchanged;
}
