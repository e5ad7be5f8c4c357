import type { CognitoIdentityClient, GetCredentialsForIdentityResponse } from "@aws-sdk/client-cognito-identity";
import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.js";
import type { IdentityPoolConfig } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import {
  type CognitoOperation,
  fromAwsError,
  type IdentityStaleness,
  stalenessOfIdentity,
} from "../errors/from-aws.js";
import { failed, type Outcome } from "../errors/outcome.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";
import { boundAnswers } from "./answer-bound.js";
import type { ExchangedCredentials } from "./credentials.js";
import type { Subject } from "./subject.js";

const IDENTITY_ID = /^[\w-]+:[0-9a-f-]+$/i;

/** The SDK's own 50 would let that many hanging calls hold up everybody else's. */
const CONNECTIONS = { keepAlive: true, maxSockets: 500 };

type Sdk = typeof import("@aws-sdk/client-cognito-identity");

/** Gives a user AWS credentials in exchange for an ID token. */
export type Exchange = (subject: Subject) => Promise<Outcome<ExchangedCredentials>>;

/** What the exchange works with. */
export interface ExchangeParts {
  readonly clock: Clock;
  /** For both calls together. */
  readonly timeoutMs: number;
  readonly maxIdentities: number;
}

/**
 * GetId, then GetCredentialsForIdentity (the enhanced flow), by one client for each identity pool's endpoint. The
 * SDK's own pool provider makes both calls every time; an identity id never changes, so it is remembered here.
 */
export class IdentityPoolExchange {
  readonly #parts: ExchangeParts;
  readonly #identityIds: LRUCache<string, string>;
  readonly #clients = new Map<string, CognitoIdentityClient>();

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    this.#identityIds = new LRUCache({ max: parts.maxIdentities });
  }

  /** Loads the SDK, which importing this package does not. */
  async warmUp(): Promise<void> {
    await loadSdk();
  }

  /** Closes the connections to Cognito. */
  close(): void {
    for (const client of this.#clients.values()) client.destroy();
    this.#clients.clear();
  }

  /** One exchange at a time for each subject in the whole process, however many engines there are. */
  readonly exchange: Exchange = (subject) => {
    const key = `${subject.key} ${subject.tokenDigest} ${subject.identityPool.endpoint ?? ""}`;
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const result = this.#exchange(subject).finally(() => underWay.delete(key));
    underWay.set(key, result);
    return result;
  };

  async #exchange(subject: Subject): Promise<Outcome<ExchangedCredentials>> {
    const sdk = await loadSdk();
    const call = new Call(sdk, this.#clientOf(sdk, subject.identityPool), subject, this.#parts);
    const known = this.#identityIds.get(subject.identityKey);
    if (known === undefined) {
      const first = await this.#exchangeAnew(call, subject);
      return call.staleness === "deleted" ? this.#exchangeAnew(call, subject) : first;
    }
    const result = await call.getCredentials(known);
    if (call.staleness === undefined) return result;
    this.#identityIds.delete(subject.identityKey);
    return this.#exchangeAnew(call, subject);
  }

  async #exchangeAnew(call: Call, { identityKey }: Subject): Promise<Outcome<ExchangedCredentials>> {
    const identityId = await call.getId();
    if (failed(identityId)) return identityId;
    const result = await call.getCredentials(identityId);
    if (call.staleness === undefined) this.#identityIds.set(identityKey, identityId);
    return result;
  }

  #clientOf(sdk: Sdk, { region, endpoint }: IdentityPoolConfig): CognitoIdentityClient {
    const name = `${region} ${endpoint ?? ""}`;
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const client = new sdk.CognitoIdentityClient({
      region,
      // Ours was checked; what the SDK finds by itself (a profile's `endpoint_url`) would get ID tokens unchecked.
      ...(endpoint === undefined ? { ignoreConfiguredEndpointUrls: true } : { endpoint }),
      // Retrying under throttling makes it worse; callers back off per user instead.
      maxAttempts: 1,
      requestHandler: { httpAgent: CONNECTIONS, httpsAgent: CONNECTIONS },
    });
    boundAnswers(client);
    this.#clients.set(name, client);
    return client;
  }
}

/** One exchange under one deadline. */
class Call {
  /** Set where the last answer said that the identity id is of no use (any more). */
  staleness: IdentityStaleness | undefined;
  readonly #sdk: Sdk;
  readonly #client: CognitoIdentityClient;
  readonly #subject: Subject;
  readonly #clock: Clock;
  readonly #deadline: AbortSignal;

  constructor(sdk: Sdk, client: CognitoIdentityClient, subject: Subject, { clock, timeoutMs }: ExchangeParts) {
    this.#sdk = sdk;
    this.#client = client;
    this.#subject = subject;
    this.#clock = clock;
    this.#deadline = AbortSignal.timeout(timeoutMs);
  }

  async getId(): Promise<Outcome<string>> {
    const command = new this.#sdk.GetIdCommand({ IdentityPoolId: this.#subject.identityPool.id, Logins: this.#logins });
    const answer = await this.#attempt("GetId", () => this.#client.send(command, { abortSignal: this.#deadline }));
    if (failed(answer)) return answer;
    const { IdentityId: identityId } = answer;
    return identityId !== undefined && IDENTITY_ID.test(identityId) ? identityId : unreadable("GetId");
  }

  async getCredentials(identityId: string): Promise<Outcome<ExchangedCredentials>> {
    const { roleArn } = this.#subject;
    const command = new this.#sdk.GetCredentialsForIdentityCommand({
      IdentityId: identityId,
      Logins: this.#logins,
      ...(roleArn === undefined ? {} : { CustomRoleArn: roleArn }),
    });
    const operation = "GetCredentialsForIdentity";
    const answer = await this.#attempt(operation, () => this.#client.send(command, { abortSignal: this.#deadline }));
    if (failed(answer)) return answer;
    return readCredentials(identityId, answer, this.#clock()) ?? unreadable(operation);
  }

  get #logins(): Record<string, string> {
    return { [this.#subject.provider]: this.#subject.idToken };
  }

  /** Both calls can be repeated safely, so a connection that was closed while it lay idle is worth a second try. */
  async #attempt<T>(operation: CognitoOperation, send: () => Promise<T>): Promise<Outcome<T>> {
    this.staleness = undefined;
    try {
      return await send().catch((error: unknown): Promise<T> => {
        if (isReset(error)) return send();
        throw error;
      });
    } catch (error) {
      this.staleness = operation === "GetCredentialsForIdentity" ? stalenessOfIdentity(error) : undefined;
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
  return Object.freeze({ identityId, accessKeyId, secretAccessKey, sessionToken, expiresAtMs });
}

function unreadable(operation: CognitoOperation): AuthError {
  return new AuthError("credentials_unavailable", {
    cause: new UpstreamFailure(operation, "UnreadableAnswer", { httpStatusCode: 200 }),
  });
}

function isReset(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

const underWay = new Map<string, ReturnType<Exchange>>();

let sdk: Promise<Sdk> | undefined;

/** The SDK costs tens of milliseconds and megabytes: it is loaded at the first exchange. */
function loadSdk(): Promise<Sdk> {
  sdk ??= import("@aws-sdk/client-cognito-identity");
  return sdk;
}
