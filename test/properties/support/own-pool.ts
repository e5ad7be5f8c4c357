import { generateKeyPairSync, sign } from "node:crypto";
import type { AuthSessionOptions, SessionManagerParts } from "cognito-auth-session";

const encode = (text: string) => Buffer.from(text).toString("base64url");

/** A user pool of which there is nothing but its key: for tokens that LocalCognito would not write. */
export class OwnPool {
  readonly kid = "key-1";
  readonly clientId = "client-of-the-pool";
  readonly issuer: string;
  readonly options: AuthSessionOptions;
  readonly jwk: object;
  readonly #keys = generateKeyPairSync("rsa", { modulusLength: 2048 });

  constructor(
    readonly userPoolId = "eu-west-1_AbCdEfGhI",
    readonly clock: () => number = Date.now,
  ) {
    this.issuer = `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`;
    this.options = { userPoolId, clientId: this.clientId, identityPoolId: null };
    this.jwk = { ...this.#keys.publicKey.export({ format: "jwk" }), kid: this.kid, alg: "RS256", use: "sig" };
  }

  /** Stands for the network. */
  readonly fetchJson: NonNullable<SessionManagerParts["fetchJson"]> = () => Promise.resolve({ keys: [this.jwk] });

  /** Signs a payload's text as it is. */
  signText(payload: string, header: string = JSON.stringify({ alg: "RS256", kid: this.kid })): string {
    const input = `${encode(header)}.${encode(payload)}`;
    return `${input}.${sign("sha256", Buffer.from(input), this.#keys.privateKey).toString("base64url")}`;
  }

  /** Claims of a good token, but for those that are given. */
  claims(use: "access" | "id", given: object = {}): Record<string, unknown> {
    const nowSeconds = Math.floor(this.clock() / 1000);
    return {
      iss: this.issuer,
      sub: "ada",
      token_use: use,
      [use === "access" ? "client_id" : "aud"]: this.clientId,
      iat: nowSeconds,
      exp: nowSeconds + 3600,
      ...given,
    };
  }

  sign(use: "access" | "id", given: object = {}): string {
    return this.signText(JSON.stringify(this.claims(use, given)));
  }
}
