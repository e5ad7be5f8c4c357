import { inspect } from "node:util";

/** Temporary AWS credentials, as Amplify and the AWS SDK know them. */
export interface AWSCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** What an exchange yields and the cache keeps. Never handed out itself. */
export interface ExchangedCredentials {
  readonly identityId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAtMs: number;
}

/**
 * A copy of the credentials for one request. Not frozen: the SDK writes notes of its own (`$source`) onto credentials
 * that it is given. Spreading it gives all fields; JSON and `inspect` leave the secrets out.
 */
export class RequestCredentials implements AWSCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: Date;

  constructor(exchanged: ExchangedCredentials) {
    this.accessKeyId = exchanged.accessKeyId;
    this.secretAccessKey = exchanged.secretAccessKey;
    this.sessionToken = exchanged.sessionToken;
    this.expiration = new Date(exchanged.expiresAtMs);
  }

  toJSON(): object {
    return { accessKeyId: this.accessKeyId, expiration: this.expiration };
  }

  [inspect.custom](): object {
    return this.toJSON();
  }
}
