import { ROLE_ARN } from "../config/schema.js";
import type { ExchangedCredentials } from "../credentials/credentials.js";
import type { Federation } from "../credentials/federation.js";
import type { AwsClientClass, SdkClients } from "../credentials/sdk-clients.js";
import { type Subject, subjectOf } from "../credentials/subject.js";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome } from "../errors/outcome.js";
import { Session } from "./session.js";
import type { SessionCallbacks } from "./types.js";

/** Gives sessions their AWS credentials and SDK clients. */
export class Federator {
  readonly #federation: Federation;
  readonly #clients: SdkClients;
  readonly #roleArn: SessionCallbacks["roleArn"];
  /** A session's subject never changes: the role is asked for once. */
  readonly #subjects = new WeakMap<Session, Outcome<Subject>>();

  constructor(federation: Federation, clients: SdkClients, { roleArn }: SessionCallbacks) {
    this.#federation = federation;
    this.#clients = clients;
    this.#roleArn = roleArn;
  }

  /** Whether the session is of a kind that gets credentials: an ID token, of a pool with an identity pool. */
  applies(session: Session): boolean {
    return Session.verifiedTokens(session).id?.pool.identityPool !== undefined;
  }

  /** Gives the session credentials, at once where they are at hand. */
  provide(session: Session, forceRefresh: boolean): Eventually<Outcome<ExchangedCredentials>> {
    const subject = this.#subjectOf(session);
    if (failed(subject)) return subject;
    const atHand = forceRefresh ? undefined : this.#federation.peek(subject);
    if (atHand !== undefined) return adopt(session, atHand);
    return this.#federation.renew(subject).then((outcome) => (failed(outcome) ? outcome : adopt(session, outcome)));
  }

  awsClient<C, Settings extends object>(
    session: Session,
    Client: AwsClientClass<C, Settings>,
    config: Settings | undefined,
  ): Outcome<C> {
    const subject = this.#subjectOf(session);
    if (failed(subject)) return subject;
    return this.#clients.get(subject.key, Client, config, () => session.getCredentials());
  }

  #subjectOf(session: Session): Outcome<Subject> {
    const known = this.#subjects.get(session);
    if (known !== undefined) return known;
    const subject = this.#makeSubject(session);
    this.#subjects.set(session, subject);
    return subject;
  }

  #makeSubject(session: Session): Outcome<Subject> {
    const { access, id, rawId } = Session.verifiedTokens(session);
    const pool = (access ?? id)?.pool;
    if (pool === undefined) return new AuthError("missing_token");
    if (pool.identityPool === undefined) {
      return new AuthError("misconfigured", {
        name: "InvalidIdentityPoolConfigurationException",
        recoverySuggestion: "AWS credentials were asked for, but no identity pool is configured: set `identityPoolId`.",
      });
    }
    if (id === undefined || rawId === undefined) return new AuthError("id_token_required");
    const roleArn = this.#roleOf(session);
    return failed(roleArn) ? roleArn : subjectOf(id, rawId, pool.identityPool, roleArn);
  }

  #roleOf(session: Session): Outcome<string | undefined> {
    if (typeof this.#roleArn !== "function") return this.#roleArn;
    try {
      const roleArn: unknown = this.#roleArn(session);
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

function adopt(session: Session, exchanged: ExchangedCredentials): ExchangedCredentials {
  Session.adopt(session, exchanged);
  return exchanged;
}
