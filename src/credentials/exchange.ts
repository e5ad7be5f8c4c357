import type { CognitoIdentityClient } from "@aws-sdk/client-cognito-identity";
import { boundAnswers } from "../answer-bound.js";
import type { Clock } from "../clock.js";
import type { Config, IdentityPoolConfig } from "../config/config.js";
import { exchanges } from "../diagnostics/channels.js";
import { failed, type Outcome } from "../errors/outcome.js";
import type { SealedStore } from "../store/sealed-store.js";
import { RoleAssumer } from "./basic-flow.js";
import { type Exchange, type ExchangedCredentials, type ExchangeMode, isAboutToken } from "./credentials.js";
import { IdentityCalls, type Sdk } from "./identity-calls.js";
import { IdentityIds } from "./identity-ids.js";
import { Pacer } from "./pacer.js";
import type { Subject } from "./subject.js";

/** The SDK's own 50 would let that many hanging calls hold up everybody else's. */
const CONNECTIONS = { keepAlive: true, maxSockets: 500 };

/** What the exchange works with. */
export interface ExchangeParts {
  readonly clock: Clock;
  /** For all calls of one exchange together. */
  readonly timeoutMs: number;
  readonly maxIdentities: number;
  readonly authFlow: Config["authFlow"];
  readonly store: SealedStore | undefined;
}

/** What one identity pool's service is called with. */
interface Line {
  readonly client: CognitoIdentityClient;
  readonly pacer: Pacer;
}

/**
 * GetId, then GetCredentialsForIdentity (the enhanced flow; in the basic one GetOpenIdToken and STS), by one client for
 * each identity pool's endpoint. The SDK's own pool provider makes both calls every time; an identity id never changes,
 * so it is remembered here.
 */
export class IdentityPoolExchange {
  readonly #parts: ExchangeParts;
  readonly #identityIds: IdentityIds;
  readonly #lines = new Map<string, Line>();
  readonly #roleAssumer: RoleAssumer | undefined;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    this.#identityIds = new IdentityIds(parts.maxIdentities, parts.store);
    if (parts.authFlow === "basic") this.#roleAssumer = new RoleAssumer();
  }

  /** Loads the SDK, which importing this package does not. */
  async warmUp(): Promise<void> {
    await loadSdk();
    await this.#roleAssumer?.warmUp();
  }

  /** Closes the connections to Cognito. */
  close(): void {
    for (const { client } of this.#lines.values()) client.destroy();
    this.#lines.clear();
    this.#roleAssumer?.close();
  }

  /** One exchange at a time for each subject in the whole process, however many engines there are that ask alike. */
  readonly exchange: Exchange = async (subject, mode = "foreground") => {
    const { endpoint, stsEndpoint } = subject.identityPool;
    const key = [subject.key, endpoint, stsEndpoint, this.#parts.timeoutMs].join(" ");
    const known = underWay.get(key);
    if (known === undefined) return this.#start(key, subject, mode);
    const outcome = await known.result;
    // The other token may have been too old where this one is not.
    const mayDiffer = isAboutToken(outcome) && known.tokenDigest !== subject.tokenDigest;
    return mayDiffer ? this.exchange(subject, mode) : outcome;
  };

  #start(key: string, subject: Subject, mode: ExchangeMode): ReturnType<Exchange> {
    const result = this.#exchangeTold(subject, mode).finally(() => underWay.delete(key));
    underWay.set(key, { tokenDigest: subject.tokenDigest, result });
    return result;
  }

  #exchangeTold(subject: Subject, mode: ExchangeMode): Promise<Outcome<ExchangedCredentials>> {
    if (!exchanges.isWatched) return this.#exchange(subject, mode);
    return exchanges.run(
      { identityPoolId: subject.identityPool.id, mode, isGuest: subject.login === undefined },
      () => this.#exchange(subject, mode),
      (outcome) => (failed(outcome) ? { outcome: outcome.code, errorName: outcome.name } : { outcome: "ok" }),
    );
  }

  async #exchange(subject: Subject, mode: ExchangeMode): Promise<Outcome<ExchangedCredentials>> {
    const sdk = await loadSdk();
    const { client, pacer } = this.#lineOf(sdk, subject.identityPool);
    const { clock, timeoutMs } = this.#parts;
    const parts = { sdk, client, pacer, roleAssumer: this.#roleAssumer, clock, timeoutMs, mode };
    const calls = new IdentityCalls(parts, subject);
    const known = await this.#identityIds.get(subject.identityKey);
    if (known === undefined) {
      const first = await this.#exchangeAnew(calls, subject);
      return calls.staleness === "deleted" ? this.#exchangeAnew(calls, subject) : first;
    }
    const result = await calls.getCredentials(known);
    if (calls.staleness === undefined) {
      // Nobody waits for that: who comes every day never needs GetId again.
      void this.#identityIds.set(subject.identityKey, known);
      return result;
    }
    this.#identityIds.delete(subject.identityKey);
    return this.#exchangeAnew(calls, subject);
  }

  async #exchangeAnew(calls: IdentityCalls, { identityKey }: Subject): Promise<Outcome<ExchangedCredentials>> {
    const identityId = await calls.getId();
    if (failed(identityId)) return identityId;
    const result = await calls.getCredentials(identityId);
    if (calls.staleness === undefined) await this.#identityIds.set(identityKey, identityId);
    return result;
  }

  #lineOf(sdk: Sdk, { region, endpoint, getIdRate }: IdentityPoolConfig): Line {
    const name = `${region} ${endpoint ?? ""}`;
    const known = this.#lines.get(name);
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
    const { clock, store } = this.#parts;
    const line = { client, pacer: new Pacer({ clock, ratePerSecond: getIdRate, store, scope: name }) };
    this.#lines.set(name, line);
    return line;
  }
}

const underWay = new Map<string, { readonly tokenDigest: string; readonly result: ReturnType<Exchange> }>();

let sdk: Promise<Sdk> | undefined;

/** The SDK costs tens of milliseconds and megabytes: it is loaded at the first exchange. */
function loadSdk(): Promise<Sdk> {
  sdk ??= import("@aws-sdk/client-cognito-identity");
  return sdk;
}
