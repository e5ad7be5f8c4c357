import { CognitoJwtVerifier } from "aws-jwt-verify";
import type { Stage } from "./stage.js";

/** aws-jwt-verify for the pool. It fetches keys by https only, so it is given them, by the call it has for that. */
export function byHand({ pool: { userPoolId, clientId }, jwks }: Pick<Stage, "pool" | "jwks">) {
  const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: "access" });
  verifier.cacheJwks({ keys: jwks.keys.map((key) => ({ ...key })) });
  return verifier;
}
