import { ConfigurationError } from "../errors/auth-error.js";

/** The error for what is no options object: each usual slip gets its own way out. */
export function notOptions(given: unknown): ConfigurationError {
  return new ConfigurationError(`authSession() takes an options object or a SessionManager. ${wayOut(given)}`);
}

function wayOut(given: unknown): string {
  if (typeof given === "function") return "A function was given: call it, and pass what it returns.";
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return "Write authSession({ userPoolId, clientId }), or authSession() to configure it from outside.";
  }
  if ("then" in given) return "A promise was given: await it, and pass what it resolves to.";
  if ("headers" in given) return "A request was given: write app.use(authSession()), with parentheses.";
  if ("options" in given) return "What was given has options in it: pass its `options`.";
  return "If a SessionManager was given, the package is installed twice.";
}
