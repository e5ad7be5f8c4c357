import type { SessionStore } from "../store/store.js";

/** A JSON Web Key Set (RFC 7517 section 5), as `jwks.json` serves it. */
export interface JsonWebKeySet {
  /** The keys, each a JSON Web Key (RFC 7517 section 4). */
  readonly keys: readonly object[];
}

/** One user pool, and the identity pool that its users get AWS credentials from. */
export interface UserPoolOptions {
  /** The user pool's id, `eu-west-1_AbCdEfGhI`. Default: the last part of `issuer`. */
  readonly userPoolId?: string | undefined;
  /** App client id or ids that tokens may be issued to. `null` accepts every app client of the pool. */
  readonly clientId?: string | readonly string[] | null | undefined;
  /** The app client's secret, where it has one. Of several app clients it is the first one's, which signs users in. */
  readonly clientSecret?: string | undefined;
  /** The identity pool's id, `eu-west-1:1b2c...`. Without one, or with `null`, sessions have no AWS credentials. */
  readonly identityPoolId?: string | null | undefined;
  /**
   * What `iss` must be. Default: `https://cognito-idp.<region>.amazonaws.com/<userPoolId>`. A multi-Region pool
   * opts in to its second issuer by listing both.
   */
  readonly issuer?: string | readonly string[] | undefined;
  /** Where the key set is. Default: `<issuer>/.well-known/jwks.json`. */
  readonly jwksUri?: string | undefined;
  /** A fixed key set, for networks without a way out. Nothing is fetched, and keys are never renewed. */
  readonly jwks?: JsonWebKeySet | undefined;
  /** The user pool's endpoint when it is not Amazon's own: an emulator or a VPC endpoint. */
  readonly userPoolEndpoint?: string | undefined;
  /** The identity pool's endpoint when it is not Amazon's own: an emulator or a VPC endpoint. */
  readonly identityPoolEndpoint?: string | undefined;
  /** The endpoint of AWS STS when it is not Amazon's own. Only `authFlow: "basic"` calls it. */
  readonly stsEndpoint?: string | undefined;
}

/** Everything that can be configured as data. What is not given comes from the environment, then from `amplify_outputs.json`. */
export interface ConfigOptions extends UserPoolOptions {
  /** Several user pools (tenants), instead of one at the top. The token's issuer picks the pool. */
  readonly userPools?: readonly UserPoolOptions[] | undefined;
  /** Accept plain http endpoints that are not on loopback. Only for closed test networks. Default false. */
  readonly allowHttp?: boolean | undefined;
  /** Which tokens are taken as the bearer. Default `"any"`. */
  readonly tokenUse?: "access" | "id" | "any" | undefined;
  /** Answer 401 to requests without a token. Default true. A bad token is 401 either way. */
  readonly required?: boolean | undefined;
  /** Header of the ID token that comes beside an access token. Default `"x-id-token"`. */
  readonly idTokenHeader?: string | undefined;
  /**
   * Take sessions from cookies as well: `"session"`, those of `authRoutes()`, whose tokens never reach the browser; or
   * `"amplify"`, those that Amplify's server-side adapters write; `"amplify-http-only"` where Amplify runs on servers only
   * and scripts must not read them. Default: cookies are not looked at.
   */
  readonly cookies?: "session" | "amplify" | "amplify-http-only" | undefined;
  /**
   * The origin that browsers see the application under, `https://app.example.com`. `cookies: "session"` needs it: from it
   * come redirect URIs and whether cookies are `Secure`, and requests that change something have to come from it.
   */
  readonly origin?: string | undefined;
  /** Seconds without a request after which a browser session ends. Default 86,400: a day. */
  readonly sessionIdleTimeout?: number | undefined;
  /** Seconds after which a browser session ends, however much it is used. Default 604,800: a week. */
  readonly sessionLifetime?: number | undefined;
  /**
   * How tokens are refreshed: `"GetTokensFromRefreshToken"`, which rotates refresh tokens where the app client says so,
   * or `"InitiateAuth"`, which older emulators know. Default: the first, and the second where the pool does not know it.
   */
  readonly refreshFlow?: "GetTokensFromRefreshToken" | "InitiateAuth" | undefined;
  /** Seconds that clocks may differ by when `exp`, `nbf` and `iat` are looked at. Default 5, at most 300. */
  readonly clockTolerance?: number | undefined;
  /** When AWS credentials are fetched: before the handler (`"eager"`, the default) or when first asked for (`"lazy"`). */
  readonly credentials?: "eager" | "lazy" | undefined;
  /**
   * How the identity pool gives credentials: `"enhanced"` (the default), or `"basic"`, where STS is asked for the role
   * that `roleArn` names.
   */
  readonly authFlow?: "enhanced" | "basic" | undefined;
  /** Give anonymous requests the identity pool's guest credentials. Needs `required: false`. Default false. */
  readonly guest?: boolean | undefined;
  /** Where processes share what they fetched, sealed: `redisStore()` or your own. Default: each process for itself. */
  readonly store?: SessionStore | undefined;
  /** Keys that seal what the store keeps: 32 bytes each, in base64. The first seals, all open. */
  readonly encryptionKeys?: readonly string[] | undefined;
  /**
   * How many GetId calls a second all processes that share the store may make; without a store, this engine. Default
   * 20, as Amazon allows 25 to an account; none for an emulator on loopback. `null` sets no limit.
   */
  readonly getIdRate?: number | null | undefined;
  /** How many verified tokens are remembered. Default 10,000; 0 verifies every request anew. */
  readonly tokenCacheSize?: number | undefined;
  /** How many users' AWS credentials are remembered. Default 10,000. */
  readonly credentialsCacheSize?: number | undefined;
  /** Milliseconds that a call to Cognito, or a check of yours, may take. Default 5000. */
  readonly requestTimeout?: number | undefined;
  /** The realm in challenges (RFC 9110 section 11.5). Default `"api"`. */
  readonly realm?: string | undefined;
}
