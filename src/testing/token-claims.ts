import { hash, randomUUID } from "node:crypto";
import type { TokenUse } from "../tokens/claims.js";
import { type LocalUser, USER_SCOPE } from "./users.js";

/** What all tokens of one sign-in have in common, refreshed ones too. */
export interface SignIn {
  readonly username: string;
  readonly originJti: string;
  readonly authTimeSeconds: number;
  /** Scopes that the managed login granted. Without it: the user's own. */
  readonly grantedScopes?: readonly string[];
}

/** The pool, app client and time that a token is issued by, for and at. */
export interface TokenContext {
  readonly issuer: string;
  readonly clientId: string;
  readonly nowSeconds: number;
  readonly lifetimeSeconds: number;
}

/** The claims of a user's token, as a user pool makes them. Undefined ones are to be left out. */
export function claimsOf(
  use: TokenUse,
  user: LocalUser,
  signIn: SignIn,
  { issuer, clientId, nowSeconds, lifetimeSeconds }: TokenContext,
): Record<string, unknown> {
  const { username, groups = [], attributes = {}, scopes = [USER_SCOPE], roles = [] } = user;
  const common = {
    sub: subOf(issuer, username),
    iss: issuer,
    origin_jti: signIn.originJti,
    event_id: randomUUID(),
    token_use: use,
    auth_time: signIn.authTimeSeconds,
    iat: nowSeconds,
    exp: nowSeconds + lifetimeSeconds,
    jti: randomUUID(),
    "cognito:groups": groups.length > 0 ? groups : undefined,
  };
  if (use === "access") {
    return { ...common, client_id: clientId, scope: (signIn.grantedScopes ?? scopes).join(" "), username };
  }
  return {
    ...common,
    aud: clientId,
    "cognito:username": username,
    "cognito:roles": roles.length > 0 ? roles : undefined,
    "cognito:preferred_role": roles[0],
    ...attributes,
    ...verifiedFlags(attributes),
  };
}

/** `at_hash`: the left half of the access token's hash (OpenID Connect Core section 3.1.3.6). */
export function accessTokenHash(accessToken: string): string {
  return hash("sha256", accessToken, "buffer").subarray(0, 16).toString("base64url");
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
