import { inspect } from "node:util";
import type { JsonObject } from "./json.js";

/** Claims of a Cognito token. What is not named here is `unknown`: check before use. */
export interface JwtPayload {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string;
  readonly client_id?: string;
  readonly token_use?: string;
  readonly scope?: string;
  readonly username?: string;
  readonly exp?: number;
  readonly nbf?: number;
  readonly iat?: number;
  readonly auth_time?: number;
  readonly jti?: string;
  readonly origin_jti?: string;
  readonly email?: string;
  readonly "cognito:username"?: string;
  readonly "cognito:groups"?: readonly string[];
  readonly "cognito:roles"?: readonly string[];
  readonly "cognito:preferred_role"?: string;
  readonly [claim: string]: unknown;
}

/** The JOSE header of a token (RFC 7515 section 4). */
export interface JwtHeader {
  readonly alg?: string;
  readonly kid?: string;
  readonly typ?: string;
  readonly [parameter: string]: unknown;
}

/** A token as Amplify shows it. JSON and `inspect` leave out what would make it usable. */
export interface JWT {
  readonly header: JwtHeader;
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
