import { fromCognitoIdentityPool } from "@aws-sdk/credential-providers";
import { SessionManager } from "cognito-auth-session";
import { redisStore } from "cognito-auth-session/redis";
import type { LocalCognitoConfig } from "cognito-auth-session/testing";

/** How a process comes by a user's credentials. */
export type Way = "naive" | "per process" | "shared store";

/** Where everything is. */
export interface Stage {
  readonly options: LocalCognitoConfig;
  readonly redisUrl: string;
  readonly encryptionKey: string;
}

/** One process' way to credentials. */
export interface Provider {
  /** Milliseconds that credentials took, beyond the verification of the token. */
  provide(idToken: string): Promise<number>;
  close(): Promise<void>;
}

/** Makes a provider, ready to be measured: what is loaded once is loaded. */
export async function providerOf(way: Way, stage: Stage): Promise<Provider> {
  return way === "naive" ? naive(stage.options) : ours(sessionsOf(way, stage));
}

/** An engine of this package. */
export function sessionsOf(way: Exclude<Way, "naive">, { options, redisUrl, encryptionKey }: Stage): SessionManager {
  const shared = { store: redisStore({ url: redisUrl }), encryptionKeys: [encryptionKey] };
  return new SessionManager({ ...options, credentials: "lazy", ...(way === "shared store" ? shared : {}) });
}

async function ours(sessions: SessionManager): Promise<Provider> {
  await sessions.warmUp();
  return {
    async provide(idToken) {
      const session = await sessions.getSession({ headers: { authorization: `Bearer ${idToken}` } });
      return millisecondsOf(() => session.getCredentials());
    },
    close: () => sessions.close(),
  };
}

/** What the SDK's documentation shows, at each request. */
function naive({ issuer, identityPoolId, identityPoolEndpoint }: LocalCognitoConfig): Provider {
  const provider = issuer.replace(/^https?:\/\//, "");
  return {
    provide(idToken) {
      const credentials = fromCognitoIdentityPool({
        identityPoolId,
        logins: { [provider]: idToken },
        clientConfig: { region: "eu-west-1", endpoint: identityPoolEndpoint },
      });
      return millisecondsOf(credentials);
    },
    async close() {},
  };
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
