import type { AuthErrorCode } from "cognito-auth-session";
import type { ChaosFault } from "./faults.js";
import type { Caller, Phase } from "./load.js";
import type { Operation } from "./upstream.js";

/** What a caller is to see. */
export interface Promised {
  readonly status: 200 | 401 | 403 | 503;
  readonly code?: AuthErrorCode;
}

const SERVED: Promised = { status: 200 };
const NO_KEYS: Promised = { status: 503, code: "jwks_unavailable" };
const UNKNOWN_KEY: Promised = { status: 401, code: "invalid_signature" };

/** What the error table says for a caller while an upstream call fails. */
export function promised(fault: ChaosFault, operation: Operation, phase: Phase, caller: Caller): Promised {
  // Whether a key exists cannot be known while keys cannot be had; when they can, a token of no key is forged.
  if (caller === "unknown key") return operation === "JWKS" ? NO_KEYS : UNKNOWN_KEY;
  if (operation === "JWKS") return phase === "cold" ? NO_KEYS : SERVED;
  if (!needs(caller, operation) && !(fault.refuses && caller === "returning")) return SERVED;
  const code = fault.code ?? "credentials_unavailable";
  return { status: code === "credentials_denied" ? 403 : 503, code };
}

/** Whose credentials cannot be had without this call. */
function needs(caller: Caller, operation: Operation): boolean {
  return caller === "new" || (caller === "returning" && operation === "GetCredentialsForIdentity");
}
