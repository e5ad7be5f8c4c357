import { refreshFromMs } from "../../src/credentials/credentials.js";
import type { Parameters } from "./parameters.js";
import { Tally } from "./tally.js";
import { TokensASecond } from "./tokens-a-second.js";

/** When credentials are renewed, and when they end. */
export interface Lifetime {
  readonly refreshFrom: number;
  readonly expiresAt: number;
}

/** Cognito: what it is asked, and what it lets through. */
export class Upstream {
  readonly getIdCalls: Tally;
  readonly getCredentialsCalls: Tally;
  readonly #getIdQuota: TokensASecond;
  readonly #getCredentialsQuota: TokensASecond;
  readonly #credentialsSeconds: number;
  #issued = 0;

  constructor(parameters: Parameters) {
    const { sample, getIdQuota, assumedGetCredentialsQuota, credentialsSeconds } = parameters;
    this.getIdCalls = new Tally(parameters);
    this.getCredentialsCalls = new Tally(parameters);
    // One of many comes less evenly than all of them: they may save up what the whole uses in a second.
    this.#getIdQuota = new TokensASecond(getIdQuota / sample, getIdQuota);
    this.#getCredentialsQuota = new TokensASecond(assumedGetCredentialsQuota / sample, assumedGetCredentialsQuota);
    this.#credentialsSeconds = credentialsSeconds;
  }

  /** Whether the call was let through. */
  getId(second: number): boolean {
    this.getIdCalls.add(second);
    return this.#getIdQuota.take(second);
  }

  /** Undefined where the call was not let through. */
  getCredentials(second: number): Lifetime | undefined {
    this.getCredentialsCalls.add(second);
    if (!this.#getCredentialsQuota.take(second)) return undefined;
    this.#issued += 1;
    const expiresAt = second + this.#credentialsSeconds;
    // The package's own rule, jitter included.
    const refreshFrom = refreshFromMs({
      identityId: "",
      accessKeyId: `ASIA${this.#issued}`,
      secretAccessKey: "",
      sessionToken: "",
      obtainedAtMs: second * 1000,
      expiresAtMs: expiresAt * 1000,
    });
    return { refreshFrom: refreshFrom / 1000, expiresAt };
  }
}
