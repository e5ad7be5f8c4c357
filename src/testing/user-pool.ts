import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "../clock.js";
import type { TokenUse } from "../tokens/claims.js";
import { checkFields } from "./check-input.js";
import { notAuthorized, ServiceError } from "./service-error.js";
import { SigningKeys } from "./signing-keys.js";
import { accessTokenHash, claimsOf, type SignIn } from "./token-claims.js";
import { type LocalUser, LocalUsers } from "./users.js";

/** The tokens of one sign-in, raw. */
export interface LocalTokens {
  /** The access token, to send as the bearer. */
  readonly accessToken: string;
  /** The ID token, to send as the bearer or as `x-id-token`. */
  readonly idToken: string;
  /** The refresh token, which only Cognito takes. */
  readonly refreshToken: string;
}

/** What a token is to say. */
export interface TokenRequest {
  /** Which kind of token. */
  readonly tokenUse: TokenUse;
  /** Claims to add or replace; undefined ones are left out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Header parameters to add or replace; undefined ones are left out. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A refresh token's place in a sign-in. A rotated one that comes again ends the whole sign-in. */
interface RefreshGrant {
  readonly signIn: SignIn;
  spent: boolean;
}

/** A user pool with one app client: users, tokens, refresh. */
export class LocalUserPool {
  readonly keys = new SigningKeys();
  readonly users = new LocalUsers();
  readonly #grants = new Map<string, RefreshGrant>();
  readonly #revoked = new Set<string>();

  constructor(
    readonly issuer: string,
    readonly clientId: string,
    private readonly clock: Clock,
    readonly tokenLifetimeSeconds: number,
  ) {}

  signIn(user: LocalUser): LocalTokens {
    this.users.put("signIn()", user);
    return this.begin({ username: user.username, originJti: randomUUID(), authTimeSeconds: this.#nowSeconds });
  }

  /** The first tokens of a sign-in. */
  begin(signIn: SignIn, nonce?: string): LocalTokens {
    return { ...this.#issue(signIn, nonce), refreshToken: this.#grant(signIn) };
  }

  /** A token of a user nobody has signed in as. */
  signToken(token: TokenRequest): string {
    checkFields("signToken()", token, ["tokenUse", "claims", "header"]);
    const { tokenUse, claims = {}, header = {} } = token;
    if (tokenUse !== "access" && tokenUse !== "id") {
      throw new TypeError('signToken() needs `tokenUse`: "access" or "id".');
    }
    const signIn = { username: "local-user", originJti: randomUUID(), authTimeSeconds: this.#nowSeconds };
    return this.keys.sign(tokenUse, header, {
      ...this.#claimsOf(tokenUse, { username: signIn.username }, signIn),
      ...claims,
    });
  }

  /** GetTokensFromRefreshToken: with rotation the old token is spent, and coming again it ends the sign-in. */
  refresh(refreshToken: string, clientId: string, rotate: boolean): Partial<LocalTokens> {
    const grant = this.#grants.get(refreshToken);
    if (grant === undefined || clientId !== this.clientId) throw notAuthorized("Invalid Refresh Token.");
    const { signIn } = grant;
    if (this.#revoked.has(signIn.originJti)) throw notAuthorized("Refresh Token has been revoked");
    if (grant.spent) {
      this.endSignIn(signIn.originJti);
      throw new ServiceError("RefreshTokenReuseException");
    }
    if (!rotate) return this.#issue(signIn);
    grant.spent = true;
    return { ...this.#issue(signIn), refreshToken: this.#grant(signIn) };
  }

  /** RevokeToken: ends the sign-in that the refresh token belongs to. */
  revoke(refreshToken: string): void {
    const grant = this.#grants.get(refreshToken);
    if (grant !== undefined) this.endSignIn(grant.signIn.originJti);
  }

  /** No refresh token of the sign-in is good any more. */
  endSignIn(originJti: string): void {
    this.#revoked.add(originJti);
  }

  /** The sign-in that a refresh token belongs to, whatever has become of it. */
  signInOf(refreshToken: string): SignIn | undefined {
    return this.#grants.get(refreshToken)?.signIn;
  }

  get #nowSeconds(): number {
    return Math.floor(this.clock() / 1000);
  }

  #issue(signIn: SignIn, nonce?: string): Pick<LocalTokens, "accessToken" | "idToken"> {
    const user = this.users.find(signIn.username) ?? { username: signIn.username };
    const accessToken = this.keys.sign("access", {}, this.#claimsOf("access", user, signIn));
    // Tokens of the managed login have these two, others do not.
    const ofLogin = signIn.grantedScopes === undefined ? {} : { nonce, at_hash: accessTokenHash(accessToken) };
    return { accessToken, idToken: this.keys.sign("id", {}, { ...this.#claimsOf("id", user, signIn), ...ofLogin }) };
  }

  #grant(signIn: SignIn): string {
    const refreshToken = randomBytes(48).toString("base64url");
    this.#grants.set(refreshToken, { signIn, spent: false });
    return refreshToken;
  }

  #claimsOf(use: TokenUse, user: LocalUser, signIn: SignIn): Record<string, unknown> {
    const { issuer, clientId, tokenLifetimeSeconds: lifetimeSeconds } = this;
    return claimsOf(use, user, signIn, { issuer, clientId, nowSeconds: this.#nowSeconds, lifetimeSeconds });
  }
}
