import { hash } from "node:crypto";
import { inspect } from "node:util";
import { failed, type Outcome } from "../errors/outcome.js";
import type { Subject } from "./subject.js";

/** Temporary AWS credentials, as Amplify and the AWS SDK know them. */
export interface AWSCredentials {
  /** The access key: not a secret by itself. */
  readonly accessKeyId: string;
  /** What requests are signed with. Secret. */
  readonly secretAccessKey: string;
  /** What goes along with each request. Secret. */
  readonly sessionToken?: string;
  /** When they stop working. */
  readonly expiration?: Date;
}

/** What an exchange yields and the cache keeps. Never handed out itself. */
export interface ExchangedCredentials {
  readonly identityId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly obtainedAtMs: number;
  readonly expiresAtMs: number;
}

/** Whether a request waits for credentials, they are renewed ahead, or new ones are wanted whatever there is. */
export type ExchangeMode = "foreground" | "background" | "forced";

/** Gives a user AWS credentials. */
export type Exchange = (subject: Subject, mode?: ExchangeMode) => Promise<Outcome<ExchangedCredentials>>;

/** Whether an exchange failed for its token's age, which is all that tokens of one subject differ in. */
export function isAboutToken(outcome: Outcome<unknown>): boolean {
  return failed(outcome) && outcome.code === "token_expired";
}

/** From this long before they expire, credentials in use are renewed in the background. The SDK's own threshold. */
const REFRESH_AHEAD_MS = 5 * 60_000;
/** Up to a fifth sooner, or a fleet's credentials that came together would all be renewed together. */
const JITTER = 0.2;

/** When credentials are to be renewed although they are still good: the same moment for every process that has them. */
export function refreshFromMs({ obtainedAtMs, expiresAtMs, accessKeyId }: ExchangedCredentials): number {
  // Credentials that live for minutes only (emulators') would otherwise be renewed at every use.
  const aheadMs = Math.min(REFRESH_AHEAD_MS, (expiresAtMs - obtainedAtMs) / 2);
  const spread = Number.parseInt(hash("sha256", accessKeyId).slice(0, 8), 16) / 2 ** 32;
  return expiresAtMs - aheadMs * (1 + JITTER * spread);
}

type SecretName = "secretAccessKey" | "sessionToken";

/**
 * A copy of the credentials for one request. Not frozen: the SDK writes notes of its own (`$source`) onto credentials
 * that it is given. Spreading it gives all fields; JSON and `inspect` leave the secrets out. They are accessors, because
 * `console.dir` does not ask an object how it wants to be shown, but calls no accessor of its own accord.
 */
export class RequestCredentials implements AWSCredentials {
  accessKeyId: string;
  declare secretAccessKey: string;
  declare sessionToken: string;
  expiration: Date;
  readonly #secrets: Record<SecretName, string>;

  /** The same functions for all: with functions of its own each object would have a hidden class of its own. */
  static readonly #ACCESSORS = {
    secretAccessKey: RequestCredentials.#accessorOf("secretAccessKey"),
    sessionToken: RequestCredentials.#accessorOf("sessionToken"),
  };

  static #accessorOf(name: SecretName): PropertyDescriptor & ThisType<RequestCredentials> {
    return {
      enumerable: true,
      configurable: true,
      get() {
        return this.#secrets[name];
      },
      set(value: string) {
        this.#secrets[name] = value;
      },
    };
  }

  constructor({ accessKeyId, secretAccessKey, sessionToken, expiresAtMs }: ExchangedCredentials) {
    this.accessKeyId = accessKeyId;
    this.#secrets = { secretAccessKey, sessionToken };
    Object.defineProperties(this, RequestCredentials.#ACCESSORS);
    this.expiration = new Date(expiresAtMs);
  }

  toJSON(): object {
    return { accessKeyId: this.accessKeyId, expiration: this.expiration };
  }

  [inspect.custom](): object {
    return this.toJSON();
  }
}
