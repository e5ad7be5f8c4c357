import { inspect } from "node:util";
import type { JsonObject } from "./json.js";

/** Claims of a Cognito token. What is not named here is `unknown`: check before use. */
export interface JwtPayload {
  /** The issuer: the user pool. */
  readonly iss?: string;
  /** The user's id in the pool. */
  readonly sub?: string;
  /** ID token: the app client. */
  readonly aud?: string;
  /** Access token: the app client. */
  readonly client_id?: string;
  /** `"access"` or `"id"`. */
  readonly token_use?: string;
  /** Access token: its scopes, separated by spaces. */
  readonly scope?: string;
  /** Access token: the user name. */
  readonly username?: string;
  /** When the token expires, in seconds since the epoch. */
  readonly exp?: number;
  /** Before when it does not count, in seconds since the epoch. */
  readonly nbf?: number;
  /** When it was issued, in seconds since the epoch. */
  readonly iat?: number;
  /** When the user signed in, in seconds since the epoch. */
  readonly auth_time?: number;
  /** The token's own id. */
  readonly jti?: string;
  /** The sign-in: all tokens of one share it. */
  readonly origin_jti?: string;
  /** ID token: the address. */
  readonly email?: string;
  /** ID token: the user name. */
  readonly "cognito:username"?: string;
  /** The user's groups. */
  readonly "cognito:groups"?: readonly string[];
  /** ID token: ARNs of the IAM roles of the user's groups. */
  readonly "cognito:roles"?: readonly string[];
  /** ID token: the one of them that Cognito prefers. */
  readonly "cognito:preferred_role"?: string;
  readonly [claim: string]: unknown;
}

/** The JOSE header of a token (RFC 7515 section 4). */
export interface JwtHeader {
  /** The algorithm of the signature. */
  readonly alg?: string;
  /** The id of the key that made it. */
  readonly kid?: string;
  /** The kind of token. */
  readonly typ?: string;
  readonly [parameter: string]: unknown;
}

/** A token as Amplify shows it. JSON and `inspect` leave out what would make it usable. */
export interface JWT {
  /** The JOSE header. */
  readonly header: JwtHeader;
  /** The claims. Deeply frozen in a session. */
  readonly payload: JwtPayload;
  /** The signature, base64url. */
  readonly signature: string;
  /** The raw token, to send on. */
  toString(): string;
}

/** A decoded token. The raw token stays private: it is a bearer secret. */
export class Jwt implements JWT {
  readonly #raw: string;
  readonly header: JwtHeader;
  readonly payload: JwtPayload;

  /** The claims' types are what Cognito issues; for verified tokens they were checked. */
  constructor(header: JsonObject, payload: JsonObject, raw: string) {
    this.header = header;
    this.payload = payload;
    this.#raw = raw;
    Object.freeze(this);
  }

  get signature(): string {
    return this.#raw.slice(this.#raw.lastIndexOf(".") + 1);
  }

  toString(): string {
    return this.#raw;
  }

  toJSON(): object {
    return { header: this.header, payload: this.payload };
  }

  [inspect.custom](): object {
    return this.toJSON();
  }
}
