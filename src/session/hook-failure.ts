import { AuthError } from "../errors/auth-error.js";
import type { AuthErrorCode } from "../errors/table.js";
import { warnOnce } from "../errors/warn-once.js";

/** A function of the application's that a request is shown to. */
export type Hook = "getToken" | "customCheck" | "isRevoked" | "authorize" | "requireClaim";

/** How a hook failed to answer. */
export type HookFault = "threw" | "rejected" | "hung" | "undecided";

const SUGGESTIONS: Readonly<Record<HookFault, (hook: Hook) => string>> = {
  threw: (hook) => `\`${hook}\` threw: see the process warning.`,
  rejected: (hook) => `\`${hook}\` rejected: see the process warning.`,
  hung: (hook) => `\`${hook}\` did not answer within \`requestTimeout\`.`,
  undecided: (hook) => `\`${hook}\` must answer true or false.`,
};

/**
 * A request's end by a hook that failed. The answer looks like any other of its code, so the operator is told: once for
 * each hook and fault, with the error's class and never its message, which may quote a token.
 */
export function hookFailure(code: AuthErrorCode, hook: Hook, fault: HookFault, error?: unknown): AuthError {
  const recoverySuggestion = SUGGESTIONS[fault](hook);
  warnOnce(
    "hook_failed",
    `${describe(hook, fault, error)} Its requests are refused as \`${code}\`.`,
    recoverySuggestion,
  );
  return new AuthError(code, { recoverySuggestion });
}

function describe(hook: Hook, fault: HookFault, error: unknown): string {
  switch (fault) {
    case "threw":
      return `\`${hook}\` threw ${classOf(error)}. Its message may hold secrets and is not shown: catch and log it in \`${hook}\`.`;
    case "rejected":
      return `\`${hook}\` rejected with ${classOf(error)}. Its message may hold secrets and is not shown: catch and log it in \`${hook}\`.`;
    default:
      return SUGGESTIONS[fault](hook);
  }
}

function classOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return `a value of type ${typeof error}`;
  try {
    const name: unknown = error.constructor.name;
    if (typeof name === "string" && /^[A-Za-z]\w{0,60}$/.test(name)) return name;
  } catch {
    // A class may be missing, or be a trap.
  }
  return "an object of a class without a plain name";
}
