import { randomUUID } from "node:crypto";
import type { Pool } from "../stage.js";

const LIFETIME_SECONDS = 24 * 3600;

/** An access token's payload as managed login makes it: with it a token is 1.1 to 1.2 KB long. */
export function accessClaims({ issuer, clientId }: Pick<Pool, "issuer" | "clientId">, ageSeconds = 0): object {
  const iat = Math.floor(Date.now() / 1000) - ageSeconds;
  const sub = randomUUID();
  return {
    sub,
    "cognito:groups": ["editors", "eu-west-1_customers"],
    iss: issuer,
    version: 2,
    client_id: clientId,
    origin_jti: randomUUID(),
    event_id: randomUUID(),
    token_use: "access",
    scope: "aws.cognito.signin.user.admin openid profile email",
    auth_time: iat,
    exp: iat + LIFETIME_SECONDS,
    iat,
    jti: randomUUID(),
    username: sub,
  };
}

/** The same of somebody who came too late. */
export function expiredClaims(pool: Pick<Pool, "issuer" | "clientId">): object {
  return accessClaims(pool, LIFETIME_SECONDS + 3600);
}

/** What makes an ID token a user's own, beyond what `LocalCognito` puts into each. */
export function idClaims(): Record<string, unknown> {
  const sub = randomUUID();
  return {
    sub,
    "cognito:username": sub,
    "cognito:groups": ["editors", "eu-west-1_customers"],
    email: `${sub}@example.com`,
    email_verified: true,
    name: "Ada Lovelace",
  };
}
