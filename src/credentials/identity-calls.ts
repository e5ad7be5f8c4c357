import type { CognitoIdentityClient, GetCredentialsForIdentityResponse } from "@aws-sdk/client-cognito-identity";
import type { Clock } from "../clock.js";
import { AuthError } from "../errors/auth-error.js";
import {
  type CognitoOperation,
  fromAwsError,
  type IdentityStaleness,
  stalenessOfIdentity,
} from "../errors/from-aws.js";
import { failed, type Outcome } from "../errors/outcome.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";
import type { RoleAssumer } from "./basic-flow.js";
import type { ExchangedCredentials, ExchangeMode } from "./credentials.js";
import { isIdentityId } from "./identity-ids.js";
import type { Pacer } from "./pacer.js";
import type { Subject } from "./subject.js";

export type Sdk = typeof import("@aws-sdk/client-cognito-identity");

/** What the calls of one exchange are made with. */
export interface IdentityCallsParts {
  readonly sdk: Sdk;
  readonly client: CognitoIdentityClient;
  readonly pacer: Pacer;
  /** For the basic flow. */
  readonly roleAssumer: RoleAssumer | undefined;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly mode: ExchangeMode;
}

/** Calls that name an identity id. */
const ABOUT_IDENTITY: ReadonlySet<CognitoOperation> = new Set(["GetCredentialsForIdentity", "GetOpenIdToken"]);

/** The calls of one exchange, under one deadline. */
export class IdentityCalls {
  /** Set where the last answer said that the identity id is of no use (any more). */
  staleness: IdentityStaleness | undefined;
  readonly #parts: IdentityCallsParts;
  readonly #subject: Subject;
  readonly #deadline: AbortSignal;
  readonly #endsAtMs: number;

  constructor(parts: IdentityCallsParts, subject: Subject) {
    this.#parts = parts;
    this.#subject = subject;
    this.#deadline = AbortSignal.timeout(parts.timeoutMs);
    this.#endsAtMs = parts.clock() + parts.timeoutMs;
  }

  async getId(): Promise<Outcome<string>> {
    const { sdk, client, pacer, mode, timeoutMs } = this.#parts;
    const command = new sdk.GetIdCommand({ IdentityPoolId: this.#subject.identityPool.id, ...this.#logins });
    // Half of the time is for waiting, or those who waited longest would be the ones to run out of it.
    const answer = await pacer.run({ mode, patienceMs: timeoutMs / 2 }, () =>
      this.#attempt("GetId", () => client.send(command, { abortSignal: this.#deadline })),
    );
    if (failed(answer)) return answer;
    return isIdentityId(answer.IdentityId) ? answer.IdentityId : unreadable("GetId");
  }

  getCredentials(identityId: string): Promise<Outcome<ExchangedCredentials>> {
    const { roleAssumer } = this.#parts;
    // A guest has no token that STS would take.
    const isEnhanced = roleAssumer === undefined || this.#subject.login === undefined;
    return isEnhanced ? this.#enhanced(identityId) : this.#basic(identityId, roleAssumer);
  }

  async #enhanced(identityId: string): Promise<Outcome<ExchangedCredentials>> {
    const { sdk, client, clock } = this.#parts;
    const { roleArn } = this.#subject;
    const command = new sdk.GetCredentialsForIdentityCommand({
      IdentityId: identityId,
      ...this.#logins,
      ...(roleArn === undefined ? {} : { CustomRoleArn: roleArn }),
    });
    const operation = "GetCredentialsForIdentity";
    const answer = await this.#attempt(operation, () => client.send(command, { abortSignal: this.#deadline }));
    if (failed(answer)) return answer;
    return readCredentials(identityId, answer, clock()) ?? unreadable(operation);
  }

  async #basic(identityId: string, roleAssumer: RoleAssumer): Promise<Outcome<ExchangedCredentials>> {
    const { sdk, client, clock } = this.#parts;
    const command = new sdk.GetOpenIdTokenCommand({ IdentityId: identityId, ...this.#logins });
    const answer = await this.#attempt("GetOpenIdToken", () => client.send(command, { abortSignal: this.#deadline }));
    if (failed(answer)) return answer;
    const { Token: token } = answer;
    if (!token) return unreadable("GetOpenIdToken");
    const operation = "AssumeRoleWithWebIdentity";
    const credentials = await this.#attempt(operation, () => {
      const nowMs = clock();
      // It takes no signal, so it is given what is left of the time.
      const timeoutMs = Math.max(1, this.#endsAtMs - nowMs);
      return roleAssumer.assume({ subject: this.#subject, identityId, token, nowMs, timeoutMs });
    });
    return credentials ?? unreadable(operation);
  }

  get #logins(): { readonly Logins?: Record<string, string> } {
    const { login } = this.#subject;
    return login === undefined ? {} : { Logins: { [login.provider]: login.idToken } };
  }

  /** All calls can be repeated safely, so a connection that was closed while it lay idle is worth a second try. */
  async #attempt<T>(operation: CognitoOperation, send: () => Promise<T>): Promise<Outcome<T>> {
    this.staleness = undefined;
    try {
      return await send().catch((error: unknown): Promise<T> => {
        if (isReset(error)) return send();
        throw error;
      });
    } catch (error) {
      this.staleness = ABOUT_IDENTITY.has(operation) ? stalenessOfIdentity(error) : undefined;
      return fromAwsError(error, operation);
    }
  }
}

/** A 200 may still hold nothing: the SDK fills what is missing with undefined. */
function readCredentials(
  identityId: string,
  { Credentials: given }: GetCredentialsForIdentityResponse,
  nowMs: number,
): ExchangedCredentials | undefined {
  const { AccessKeyId: accessKeyId, SecretKey: secretAccessKey, SessionToken: sessionToken, Expiration } = given ?? {};
  const expiresAtMs = Expiration?.getTime() ?? Number.NaN;
  if (!accessKeyId || !secretAccessKey || !sessionToken || !(expiresAtMs > nowMs)) return undefined;
  return Object.freeze({ identityId, accessKeyId, secretAccessKey, sessionToken, obtainedAtMs: nowMs, expiresAtMs });
}

function unreadable(operation: CognitoOperation): AuthError {
  return new AuthError("credentials_unavailable", {
    cause: new UpstreamFailure(operation, "UnreadableAnswer", { httpStatusCode: 200 }),
  });
}

function isReset(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}
