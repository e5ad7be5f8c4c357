import { type AuthError, again } from "../errors/auth-error.js";
import { warnOnce } from "../errors/warn-once.js";
import type { RevocationTarget } from "./revocation-target.js";

/** Whom an event is about. */
export interface SessionEventUser {
  /** The user's `sub`. */
  readonly userSub?: string | undefined;
  /** The user name in the pool. */
  readonly username?: string | undefined;
  /** The app client of the tokens. */
  readonly clientId?: string | undefined;
  /** The user pool's id. */
  readonly userPoolId?: string | undefined;
}

/** What happens to sessions, under the names that Amplify's Hub gives it. No token and no secret is in any of these. */
export type SessionEvent =
  /** Somebody signed in through `authRoutes()`. */
  | ({ readonly type: "signedIn" } & SessionEventUser)
  /** A sign-in came back from managed login in vain. */
  | { readonly type: "signIn_failure"; readonly error: AuthError }
  /** A session in cookies got new tokens. */
  | ({ readonly type: "tokenRefresh" } & SessionEventUser)
  /** New tokens could not be had. With the code `refresh_failed` the session is over. */
  | ({ readonly type: "tokenRefresh_failure"; readonly error: AuthError } & SessionEventUser)
  /** A user got new AWS credentials. */
  | ({ readonly type: "credentialsRefresh"; readonly identityId: string; readonly expiration: Date } & SessionEventUser)
  /** A session was ended by `clearSession()` or the sign-out route. */
  | ({ readonly type: "signedOut" } & SessionEventUser)
  /** A user, or a sign-in, was revoked: by this process, or by another that shares the store. */
  | { readonly type: "sessionRevoked"; readonly target: RevocationTarget };

/** Told of events. What it throws, or rejects with, harms nobody. */
export type SessionListener = (event: SessionEvent) => unknown;

const FAILED =
  "A listener of `onSessionChange()` threw or rejected. Catch and log it there: its message may hold secrets and is not shown.";

/** Listeners and what they are told. */
export class SessionEvents {
  readonly #listeners = new Map<symbol, SessionListener>();

  /** @returns stops it */
  subscribe(listener: SessionListener): () => void {
    if (typeof listener !== "function") throw new TypeError("onSessionChange() takes a function.");
    const subscription = Symbol("listener");
    this.#listeners.set(subscription, listener);
    return () => void this.#listeners.delete(subscription);
  }

  emit(event: SessionEvent): void {
    if (this.#listeners.size === 0) return;
    const told = ownCopy(event);
    for (const [subscription, listener] of [...this.#listeners]) {
      // One that was told before may have stopped it.
      if (this.#listeners.has(subscription)) void tell(listener, told);
    }
  }

  /** Forgets all listeners. */
  close(): void {
    this.#listeners.clear();
  }
}

/** What a listener writes on must be nobody else's: a request is answered with the error, the target is still worked with. */
function ownCopy(event: SessionEvent): SessionEvent {
  if (event.type === "sessionRevoked") return Object.freeze({ ...event, target: Object.freeze({ ...event.target }) });
  if ("error" in event) return Object.freeze({ ...event, error: again(event.error) });
  return Object.freeze({ ...event });
}

async function tell(listener: SessionListener, event: SessionEvent): Promise<void> {
  try {
    await listener(event);
  } catch {
    warnOnce("listener_failed", FAILED);
  }
}
