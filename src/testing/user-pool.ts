import { hash, randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "../clock.js";
import type { TokenUse } from "../tokens/claims.js";
import { checkFields, checkLists } from "./check-input.js";
import { notAuthorized, ServiceError } from "./service-error.js";
import { SigningKeys } from "./signing-keys.js";

const TOKEN_LIFETIME_SECONDS = 3600;
const USER_SCOPE = "aws.cognito.signin.user.admin";

/** A user to sign in. A user who signs in again with other groups, attributes or roles was changed in between. */
export interface LocalUser {
  readonly username: string;
  /** `cognito:groups`. Default none. */
  readonly groups?: readonly string[];
  /** Claims of the ID token: `email`, `custom:tenant`, ... */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** Scopes of the access token. Default `aws.cognito.signin.user.admin`. */
  readonly scopes?: readonly string[];
  /** ARNs of the IAM roles of the user's groups; the first is the preferred one. */
  readonly roles?: readonly string[];
}

/** The tokens of one sign-in, raw. */
export interface LocalTokens {
  readonly accessToken: string;
  readonly idToken: string;
  readonly refreshToken: string;
}

/** What a token is to say. */
export interface TokenRequest {
  readonly tokenUse: TokenUse;
  /** Claims to add or replace; undefined ones are left out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Header parameters to add or replace; undefined ones are left out. */
  readonly header?: Readonly<Record<string, unknown>>;
}

interface SignIn {
  readonly username: string;
  readonly originJti: string;
  readonly authTimeSeconds: number;
}

/** A refresh token's place in a sign-in. A rotated one that comes again ends the whole sign-in. */
interface RefreshGrant {
  readonly signIn: SignIn;
  spent: boolean;
}

/** A user pool with one app client: users, tokens, refresh. */
export class LocalUserPool {
  readonly keys = new SigningKeys();
  readonly #users = new Map<string, LocalUser>();
  readonly #grants = new Map<string, RefreshGrant>();
  readonly #revoked = new Set<string>();

  constructor(
    readonly issuer: string,
    readonly clientId: string,
    private readonly clock: Clock,
  ) {}

  signIn(user: LocalUser): LocalTokens {
    checkFields("signIn()", user, ["username", "groups", "attributes", "scopes", "roles"]);
    const { username, groups, scopes, roles } = user;
    if (typeof username !== "string" || username === "") throw new TypeError("signIn() needs `username`, a text.");
    checkLists("signIn()", { groups, scopes, roles });
    this.#users.set(username, user);
    const signIn = { username, originJti: randomUUID(), authTimeSeconds: this.#nowSeconds };
    return { ...this.#issue(signIn), refreshToken: this.#grant(signIn) };
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
      this.#revoked.add(signIn.originJti);
      throw new ServiceError("RefreshTokenReuseException");
    }
    if (!rotate) return this.#issue(signIn);
    grant.spent = true;
    return { ...this.#issue(signIn), refreshToken: this.#grant(signIn) };
  }

  /** RevokeToken: ends the sign-in that the refresh token belongs to. */
  revoke(refreshToken: string): void {
    const grant = this.#grants.get(refreshToken);
    if (grant !== undefined) this.#revoked.add(grant.signIn.originJti);
  }

  get #nowSeconds(): number {
    return Math.floor(this.clock() / 1000);
  }

  #issue(signIn: SignIn): Pick<LocalTokens, "accessToken" | "idToken"> {
    const user = this.#users.get(signIn.username) ?? { username: signIn.username };
    return {
      accessToken: this.keys.sign("access", {}, this.#claimsOf("access", user, signIn)),
      idToken: this.keys.sign("id", {}, this.#claimsOf("id", user, signIn)),
    };
  }

  #grant(signIn: SignIn): string {
    const refreshToken = randomBytes(48).toString("base64url");
    this.#grants.set(refreshToken, { signIn, spent: false });
    return refreshToken;
  }

  #claimsOf(use: TokenUse, user: LocalUser, signIn: SignIn): Record<string, unknown> {
    const { username, groups = [], attributes = {}, scopes = [USER_SCOPE], roles = [] } = user;
    const common = {
      sub: subOf(this.issuer, username),
      iss: this.issuer,
      origin_jti: signIn.originJti,
      event_id: randomUUID(),
      token_use: use,
      auth_time: signIn.authTimeSeconds,
      iat: this.#nowSeconds,
      exp: this.#nowSeconds + TOKEN_LIFETIME_SECONDS,
      jti: randomUUID(),
      "cognito:groups": groups.length > 0 ? groups : undefined,
    };
    if (use === "access") return { ...common, client_id: this.clientId, scope: scopes.join(" "), username };
    return {
      ...common,
      aud: this.clientId,
      "cognito:username": username,
      "cognito:roles": roles.length > 0 ? roles : undefined,
      "cognito:preferred_role": roles[0],
      ...attributes,
      ...verifiedFlags(attributes),
    };
  }
}

/** Attributes are texts; of these two the real service makes booleans in the ID token. */
function verifiedFlags(attributes: Readonly<Record<string, unknown>>): Record<string, boolean> {
  const flags = ["email_verified", "phone_number_verified"].filter(
    (name) => attributes[name] === "true" || attributes[name] === "false",
  );
  return Object.fromEntries(flags.map((name) => [name, attributes[name] === "true"]));
}

/** A user keeps one `sub` for as long as the pool lives, in the form of a UUID. */
function subOf(issuer: string, username: string): string {
  const hex = hash("sha256", `${issuer} ${username}`, "hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}
