import type { SessionStore } from "../store/store.js";
import type { JsonWebKeySet } from "./options.js";

/** An identity pool, resolved. */
export interface IdentityPoolConfig {
  readonly id: string;
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly stsEndpoint: string | undefined;
  /** GetId calls a second; undefined sets no limit. */
  readonly getIdRate: number | undefined;
}

/** A user pool, resolved: all that is needed to judge its tokens. */
export interface UserPoolConfig {
  readonly userPoolId: string;
  /** Accepted values of `iss`. */
  readonly issuers: readonly string[];
  /** Accepted app clients; `undefined` accepts all. */
  readonly clientIds: ReadonlySet<string> | undefined;
  /** The app client that signs users in, and its secret where it has one; none where every app client is accepted. */
  readonly signInClient: { readonly id: string; readonly secret: string | undefined } | undefined;
  /** OpenID Connect Discovery's document; whoever fetches it checks it. */
  readonly discoveryUri: string;
  /** Where the keys come from. */
  readonly keys: { readonly uri: string } | { readonly fixed: JsonWebKeySet };
  readonly userPoolEndpoint: string | undefined;
  readonly identityPool: IdentityPoolConfig | undefined;
}

/** Sessions in cookies, resolved. */
export interface CookieConfig {
  readonly kind: "session" | "amplify" | "amplify-http-only";
  /** Undefined where nobody said: then a request's own `Host` tells what is the same origin. */
  readonly origin: string | undefined;
  /** False on plain http, which is accepted on loopback only. */
  readonly isSecure: boolean;
  readonly idleMs: number;
  readonly lifetimeMs: number;
}

/** The one configuration that everything works from. Frozen; every value checked. */
export interface Config {
  readonly userPools: readonly UserPoolConfig[];
  readonly poolByIssuer: ReadonlyMap<string, UserPoolConfig>;
  readonly tokenUse: "access" | "id" | "any";
  readonly required: boolean;
  /** Lower case. */
  readonly idTokenHeader: string;
  /** Whether plain http is accepted anywhere, not on loopback only. */
  readonly allowHttp: boolean;
  readonly cookies: CookieConfig | undefined;
  readonly refreshFlow: "GetTokensFromRefreshToken" | "InitiateAuth" | undefined;
  readonly clockToleranceSeconds: number;
  readonly credentials: "eager" | "lazy";
  readonly authFlow: "enhanced" | "basic";
  /** The identity pool that anonymous requests get guest credentials from. */
  readonly guestPool: IdentityPoolConfig | undefined;
  readonly store: SessionStore | undefined;
  /** 32 bytes each. */
  readonly encryptionKeys: readonly Uint8Array[];
  readonly tokenCacheSize: number;
  readonly credentialsCacheSize: number;
  readonly requestTimeoutMs: number;
  readonly realm: string;
}
