import type { ServerMetadata } from "openid-client";
import { Backoff } from "../backoff.js";
import type { Clock } from "../clock.js";
import { checkEndpoint } from "../config/endpoint.js";
import { AuthError, again, ConfigurationError } from "../errors/auth-error.js";
import { fromOpenIdError } from "../errors/from-openid.js";
import { failed, type Outcome } from "../errors/outcome.js";
import { type CallSettings, loadOpenIdClient, ProviderCall } from "./provider-call.js";

const MINUTE_MS = 60_000;
/** How long a document serves before it is fetched anew. */
const MAX_AGE_MS = 60 * MINUTE_MS;
/** How long it serves while no new one can be had: a domain rarely moves. */
const MAX_STALE_MS = 24 * 60 * MINUTE_MS;
const BACKOFF = { firstMs: 250, longestMs: 5000 };

/** Whose document it is, and what is accepted in it. */
export interface DiscoverySettings {
  /** Accepted issuers of the user pool; the document's `issuer` must be one of them. */
  readonly issuers: readonly string[];
  /** Address of the document. An emulator's may be another than the issuer's. */
  readonly discoveryUrl: string;
  readonly clientId: string;
  /** Accept plain http endpoints anywhere, not on loopback only. */
  readonly allowHttp: boolean;
}

/**
 * The user pool's discovery document (OpenID Connect Discovery 1.0, section 4): fetched once for all who wait, kept for
 * an hour. It says where browsers and codes are sent, so its issuer and every endpoint in it are checked.
 */
export class Discovery {
  readonly #settings: DiscoverySettings;
  readonly #call: CallSettings;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  #metadata: ServerMetadata | undefined;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #inFlight: Promise<Outcome<ServerMetadata>> | undefined;
  /** Of the last fetch: what those who come while nothing is fetched are told. */
  #failure: AuthError | undefined;

  /** @throws {ConfigurationError} for an address that nothing is fetched from */
  constructor(settings: DiscoverySettings, call: CallSettings, clock: Clock) {
    checkEndpoint(settings.discoveryUrl, "discoveryUrl", settings.allowHttp);
    this.#settings = settings;
    this.#call = call;
    this.#clock = clock;
    this.#backoff = new Backoff(clock, BACKOFF);
  }

  /** The checked document. Fails with `credentials_unavailable` or `misconfigured`. */
  async metadata(): Promise<Outcome<ServerMetadata>> {
    // Where the clock was set back nobody knows the age; taking the step for it has the document fetched anew.
    const ageMs = Math.abs(this.#clock() - this.#fetchedAtMs);
    if (this.#metadata !== undefined && ageMs < MAX_AGE_MS) return this.#metadata;
    const outcome = await this.#renew();
    if (!failed(outcome)) return outcome;
    const mayServe = outcome.code === "credentials_unavailable" && ageMs < MAX_STALE_MS;
    return mayServe && this.#metadata !== undefined ? this.#metadata : again(outcome, this.#backoff.waitMs / 1000);
  }

  #renew(): Promise<Outcome<ServerMetadata>> {
    if (this.#inFlight === undefined && this.#failure !== undefined && this.#backoff.waitMs > 0) {
      return Promise.resolve(this.#failure);
    }
    this.#inFlight ??= this.#fetch().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #fetch(): Promise<Outcome<ServerMetadata>> {
    const outcome = await this.#download();
    if (failed(outcome)) {
      this.#backoff.failed();
      this.#failure = outcome;
    } else {
      this.#backoff.succeeded();
      this.#failure = undefined;
      this.#metadata = outcome;
      this.#fetchedAtMs = this.#clock();
    }
    return outcome;
  }

  async #download(): Promise<Outcome<ServerMetadata>> {
    const { discoveryUrl, clientId } = this.#settings;
    const { allowInsecureRequests, customFetch, discovery } = await loadOpenIdClient();
    const call = new ProviderCall("Discovery", this.#call);
    try {
      const client = await discovery(new URL(discoveryUrl), clientId, undefined, undefined, {
        [customFetch]: call.fetch,
        // Which http addresses are accepted was decided above: the library knows no loopback.
        execute: [allowInsecureRequests],
      });
      const metadata = client.serverMetadata();
      return this.#faultOf(metadata) ?? metadata;
    } catch (error) {
      return fromOpenIdError(error, "Discovery", call.httpStatusCode);
    }
  }

  #faultOf(metadata: ServerMetadata): AuthError | undefined {
    const { issuers, allowHttp } = this.#settings;
    if (!issuers.includes(metadata.issuer)) {
      return misconfigured("The discovery document is of another issuer: compare the user pool id and its address.");
    }
    if (metadata.authorization_endpoint === undefined || metadata.token_endpoint === undefined) {
      return misconfigured("The user pool has no managed login: add a domain to the user pool.");
    }
    for (const [name, value] of Object.entries(metadata)) {
      if (!name.endsWith("_endpoint") || value === undefined) continue;
      try {
        checkEndpoint(String(value), "discoveryUrl", allowHttp);
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        return misconfigured("The discovery document names an endpoint that is not an https URL.");
      }
    }
    return undefined;
  }
}

function misconfigured(recoverySuggestion: string): AuthError {
  return new AuthError("misconfigured", { recoverySuggestion });
}
