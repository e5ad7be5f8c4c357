import { DeadlineExceeded } from "../deadline.js";

const ERRNO = /^E[A-Z0-9_]{1,40}$/;
/** First words of Redis' error answers, and Node's codes for certificates, that tell an operator what to mend. */
const KNOWN = new Set([
  "CLUSTERDOWN",
  "LOADING",
  "MASTERDOWN",
  "MISCONF",
  "NOAUTH",
  "NOPERM",
  "NOREPLICAS",
  "OOM",
  "READONLY",
  "WRONGPASS",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** A store that did not do its part. Says nothing in the words of the server, the URL or the client: only a code. */
export class StoreFailure extends Error {
  override readonly name = "StoreFailure";
  /** `ECONNREFUSED`, `ETIMEDOUT`, `NOPERM` and the like, where it is known. */
  declare readonly code?: string;

  constructor(code?: string) {
    super("The session store did not answer as it should.");
    if (code !== undefined) this.code = code;
  }
}

/** The code of an error that may not be shown itself; undefined where it is none of those that we know to be harmless. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof DeadlineExceeded) return "ETIMEDOUT";
  if (!(error instanceof Error)) return undefined;
  if (error.constructor.name === "ConnectionTimeoutError") return "ETIMEDOUT"; // node-redis gives it no code
  const code = "code" in error && typeof error.code === "string" ? error.code : firstWord(error.message);
  return KNOWN.has(code) || ("code" in error && ERRNO.test(code)) ? code : undefined;
}

function firstWord(text: string): string {
  return text.split(" ", 1)[0] ?? "";
}
