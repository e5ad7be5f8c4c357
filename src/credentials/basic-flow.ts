import https from "node:https";
import { answerBound } from "../answer-bound.js";
import { within } from "../deadline.js";
import { http } from "../node-http.js";
import type { ExchangedCredentials } from "./credentials.js";
import type { Subject } from "./subject.js";

const CONNECTIONS = { keepAlive: true, maxSockets: 500 };
/** What AWS STS takes for a session's name. */
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;

/** What a role is asked for with. */
export interface RoleRequest {
  readonly subject: Subject;
  readonly identityId: string;
  /** What GetOpenIdToken gave. */
  readonly token: string;
  readonly nowMs: number;
  readonly timeoutMs: number;
}

/**
 * The basic flow's last step: AssumeRoleWithWebIdentity, by `fromWebToken` of `@aws-sdk/credential-providers`. It makes a
 * client for each token, so the connections are kept here. (Amazon Cognito, "Identity pools authentication flow".)
 */
export class RoleAssumer {
  readonly #agents = { httpAgent: new http.Agent(CONNECTIONS), httpsAgent: new https.Agent(CONNECTIONS) };

  /** Loads the SDK's credential providers. */
  async warmUp(): Promise<void> {
    await loadProviders();
  }

  close(): void {
    this.#agents.httpAgent.destroy();
    this.#agents.httpsAgent.destroy();
  }

  /** Rejects with what the SDK throws. Undefined where the answer holds no credentials. */
  async assume({
    subject,
    identityId,
    token,
    nowMs,
    timeoutMs,
  }: RoleRequest): Promise<ExchangedCredentials | undefined> {
    const { fromWebToken } = await loadProviders();
    const { region, stsEndpoint } = subject.identityPool;
    const provider = fromWebToken({
      webIdentityToken: token,
      roleArn: subject.roleArn ?? "",
      roleSessionName: sessionNameOf(subject),
      clientConfig: {
        region,
        ...(stsEndpoint === undefined ? { ignoreConfiguredEndpointUrls: true } : { endpoint: stsEndpoint }),
        maxAttempts: 1,
        requestHandler: { ...this.#agents, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
      },
      clientPlugins: [answerBound],
    });
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await within(timeoutMs, () => provider());
    const expiresAtMs = expiration?.getTime() ?? Number.NaN;
    if (!sessionToken || !(expiresAtMs > nowMs)) return undefined;
    return Object.freeze({ identityId, accessKeyId, secretAccessKey, sessionToken, obtainedAtMs: nowMs, expiresAtMs });
  }
}

/** The user's `sub`, so that CloudTrail tells who it was. */
function sessionNameOf({ owner }: Subject): string {
  return owner !== undefined && SESSION_NAME.test(owner.sub) ? owner.sub : "cognito-auth-session";
}

let providers: Promise<typeof import("@aws-sdk/credential-providers")> | undefined;

/** Most identity pools use the enhanced flow and never need it. */
function loadProviders(): Promise<typeof import("@aws-sdk/credential-providers")> {
  providers ??= import("@aws-sdk/credential-providers");
  return providers;
}
