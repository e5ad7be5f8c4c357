import { readFileSync } from "node:fs";

/** A public signing key, as key sets show it. */
export interface PublicJwk {
  readonly kty: string;
  readonly n: string;
  readonly e: string;
  readonly kid: string;
  readonly alg: string;
  readonly use: string;
}

/** What a server has to know of a user pool. */
export interface Pool {
  readonly userPoolId: string;
  readonly clientId: string;
  readonly issuer: string;
  /** Plain http on loopback. */
  readonly jwksUri: string;
}

/** A `LocalCognito`: the only pool here whose tokens an identity pool takes. */
export interface LocalPool extends Pool {
  readonly identityPoolId: string;
  readonly identityPoolEndpoint: string;
}

/** Everything that servers, load and micro-benchmarks are told, by a file. */
export interface Stage {
  /** Its issuer has the form of the real ones: some peers take no other. */
  readonly pool: Pool;
  readonly jwks: { readonly keys: readonly PublicJwk[] };
  /** The same key for peers that take no JWK. */
  readonly pem: string;
  readonly local: LocalPool;
  /** Requests, by what their tokens are, as files of whole HTTP requests. */
  readonly requests: Readonly<Record<TokenKind, string>>;
}

export type TokenKind = "good" | "id" | "garbage" | "expired" | "forged";

export function readStage(path: string): Stage {
  // Written by this benchmark a moment ago.
  return JSON.parse(readFileSync(path, "utf8")) as Stage;
}
