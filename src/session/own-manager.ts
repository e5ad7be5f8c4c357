import { ConfigurationError } from "../errors/auth-error.js";
import { SessionManager } from "./manager.js";
import type { AuthSessionOptions } from "./types.js";

/**
 * The engine behind a middleware: the one that was given, or one of its own.
 *
 * @throws {ConfigurationError} naming the option and the fix
 */
export function ownManager(given: AuthSessionOptions | SessionManager | undefined): SessionManager {
  if (given instanceof SessionManager) return given;
  const manager = new SessionManager(given);
  if (given?.cookies === "session" && given.store === undefined) {
    throw new ConfigurationError(
      'Sessions of `cookies: "session"` are kept by a SessionManager: make one, and give the same to authRoutes() and authSession().',
      "cookies",
    );
  }
  return manager;
}
