import type { Pool } from "../stage.js";

/** As its README shows: keys are cached, and fetched rarely. */
export function jwksRsaOptions({ jwksUri }: Pool) {
  return { jwksUri, cache: true, rateLimit: true, jwksRequestsPerMinute: 10 };
}
