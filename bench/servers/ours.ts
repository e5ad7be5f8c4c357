import type { Pool } from "../stage.js";

/** What a user of the package would set; keys come from loopback instead of from AWS. */
export function ourOptions({ userPoolId, clientId, issuer, jwksUri }: Pool) {
  return { userPoolId, clientId, issuer, jwksUri, identityPoolId: null };
}
