import type { CookieSession } from "../browser/cookie-session.js";
import { type Clock, systemClock } from "../clock.js";
import type { Config } from "../config/config.js";
import { resolveConfig } from "../config/resolve.js";
import type { Exchange, ExchangedCredentials } from "../credentials/credentials.js";
import { IdentityPoolExchange } from "../credentials/exchange.js";
import { Federation } from "../credentials/federation.js";
import { SdkClients } from "../credentials/sdk-clients.js";
import { SharedExchange } from "../credentials/shared-exchange.js";
import type { Owner } from "../credentials/subject.js";
import { inRealm } from "../errors/auth-error.js";
import { failed } from "../errors/outcome.js";
import { SealedStore } from "../store/sealed-store.js";
import { type FetchJson, fetchKeySet } from "../tokens/fetch-key-set.js";
import { TokenVerifier } from "../tokens/verifier.js";
import { Authenticator } from "./authenticator.js";
import { CookieEngine } from "./cookie-engine.js";
import { SessionEvents } from "./events.js";
import { Federator } from "./federator.js";
import { Identifier } from "./identifier.js";
import type { RevocationTarget } from "./revocation-target.js";
import { Revocations } from "./revocations.js";
import type { SessionEngine } from "./session.js";
import { SignOut } from "./sign-out.js";
import type { AuthSessionOptions, SessionCallbacks } from "./types.js";

/** What may be replaced in tests: time, and what reaches out. */
export interface SessionManagerParts {
  /** Tells the time, in milliseconds since the epoch. Default: the machine's. */
  readonly clock?: Clock;
  /** Fetches key sets. Default: over HTTPS, bounded in time and size. */
  readonly fetchJson?: FetchJson;
  /** Gets AWS credentials for an ID token. Default: from the identity pool. */
  readonly exchange?: Exchange;
}

/** What an engine is made of. */
export interface Components {
  readonly config: Config;
  readonly clock: Clock;
  readonly events: SessionEvents;
  readonly store: SealedStore | undefined;
  readonly verifier: TokenVerifier;
  /** Where sessions come in cookies too. */
  readonly cookies: CookieEngine | undefined;
  readonly identityPools: IdentityPoolExchange;
  readonly federation: Federation;
  readonly clients: SdkClients;
  readonly revocations: Revocations;
  readonly federator: Federator;
  readonly signOut: SignOut;
  readonly engine: SessionEngine;
  readonly identifier: Identifier;
}

/**
 * Puts an engine together.
 *
 * @throws {ConfigurationError} naming the option and the fix
 */
export function assemble(options: AuthSessionOptions, parts: SessionManagerParts): Components {
  const config = resolveConfig(options);
  const { clock = systemClock, fetchJson = fetchKeySet } = parts;
  const { credentialsCacheSize: maxUsers, requestTimeoutMs: timeoutMs, authFlow, realm } = config;
  const callbacks: SessionCallbacks = Object.freeze({ ...options });
  const events = new SessionEvents();
  const store = sealedStoreOf(config, clock);
  const verifier = new TokenVerifier(config, { clock, fetchJson });
  const cookies = config.cookies && new CookieEngine({ config, cookies: config.cookies, clock, verifier, events });
  const clients = new SdkClients(maxUsers);
  const forget = (target: RevocationTarget) => {
    const keys = federation.forget(({ sub, originJti }) =>
      "userSub" in target ? sub === target.userSub : originJti === target.originJti,
    );
    for (const key of keys) {
      clients.forget(key);
      void store?.delete("credentials", key);
    }
  };
  const revocations = new Revocations({
    clock,
    store,
    bareStore: config.store,
    onRevoked: (target) => {
      forget(target);
      events.emit({ type: "sessionRevoked", target });
    },
  });
  const identityPools = new IdentityPoolExchange({ clock, timeoutMs, maxIdentities: maxUsers, authFlow, store });
  const isOutdated = ({ sub }: Owner, obtainedAtMs: number) => revocations.isAfter(sub, obtainedAtMs);
  const own = parts.exchange ?? identityPools.exchange;
  const prepare = async () => (parts.exchange === undefined ? identityPools.warmUp() : undefined);
  const federation = new Federation({
    clock,
    exchange: store === undefined ? own : new SharedExchange(own, { clock, store, isOutdated, prepare }).exchange,
    maxUsers,
    onOrphan: (key) => void store?.delete("credentials", key),
    onRenewed: ({ sub: userSub }: Owner, { identityId, expiresAtMs }: ExchangedCredentials) =>
      events.emit({ type: "credentialsRefresh", userSub, identityId, expiration: new Date(expiresAtMs) }),
  });
  const { roleArn } = callbacks;
  const federator = new Federator({ config, federation, clients, revocations, roleArn });
  const engine: SessionEngine = {
    checkTimeoutMs: timeoutMs,
    exchange: (session, forceRefresh) => federator.provide(session, forceRefresh),
    awsClient: (session, Client, settings) => federator.awsClient(session, Client, settings),
    finish: (error) => inRealm(error, realm),
  };
  const authenticator = new Authenticator(config, callbacks, verifier, cookies?.source);
  const endCookie = async (session: CookieSession) => {
    const ended = await session.end();
    if (ended !== undefined && !failed(ended)) void cookies?.revokeTokens(ended);
  };
  const identifier = new Identifier({ config, callbacks, authenticator, revocations, engine, endCookie });
  const signOut = new SignOut({ cookies, revocations, events });
  return {
    ...{ config, clock, events, store, verifier, cookies, identityPools },
    ...{ federation, clients, revocations, federator, signOut, engine, identifier },
  };
}

function sealedStoreOf({ store, encryptionKeys }: Config, clock: Clock): SealedStore | undefined {
  const [newest, ...older] = encryptionKeys;
  return store === undefined || newest === undefined
    ? undefined
    : new SealedStore(store, [newest, ...older], { clock });
}
