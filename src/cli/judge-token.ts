import type { Clock } from "../clock.js";
import type { Config } from "../config/config.js";
import { failed } from "../errors/outcome.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";
import type { TokenUse } from "../tokens/claims.js";
import { decodeJWT } from "../tokens/decode.js";
import { fetchKeySet } from "../tokens/fetch-key-set.js";
import { TokenVerifier } from "../tokens/verifier.js";
import { type Finding, failureOf } from "./finding.js";

const USES: ReadonlySet<TokenUse> = new Set(["access", "id"]);
export const KIND: Readonly<Record<TokenUse, string>> = { access: "an access token", id: "an ID token" };

/**
 * What the middleware would say about a token, by its own verifier.
 *
 * @param mayFetch whether the key set may be fetched; else the signature stays unchecked
 */
export async function judgeToken(raw: string, config: Config, mayFetch: boolean, clock: Clock): Promise<Finding> {
  const verifier = new TokenVerifier(config, { clock, fetchJson: mayFetch ? fetchKeySet : fetchNothing });
  const outcome = await verifier.verify(raw, USES);
  if (!failed(outcome)) return { status: "pass", message: `It would be taken, as ${KIND[outcome.use]}.` };
  // The key is looked for when all else is good.
  if (!mayFetch && outcome.code === "jwks_unavailable") {
    return {
      status: "pass",
      message: `Its claims would be taken, as ${kindOf(raw)}. The signature was not checked: \`--verify\` does that.`,
    };
  }
  return failureOf(`${outcome.status} ${outcome.code}`, outcome);
}

function kindOf(raw: string): string {
  return decodeJWT(raw).payload.token_use === "id" ? KIND.id : KIND.access;
}

async function fetchNothing(): Promise<never> {
  throw new UpstreamFailure("JWKS", "NotFetched");
}
