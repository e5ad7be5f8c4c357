import type { AuthErrorCode } from "../errors/table.js";

/** What something came to: `ok`, or the code of the error. `exception`: it threw what is no error of this package. */
export type DiagnosticsOutcome = "ok" | AuthErrorCode | "exception";

/**
 * Of something that takes time. One object goes through all events of one operation (`start`, `end`, `asyncStart`,
 * `asyncEnd`, `error`), so that a subscriber may tell them apart and remember when it began.
 */
export interface OperationMessage {
  /** Set when it is done: at `end` where nothing had to be waited for, else at `asyncStart` and `asyncEnd`. */
  readonly outcome?: DiagnosticsOutcome;
}

/** A token is verified: `cognito-auth-session:verify`. */
export interface VerifyMessage extends OperationMessage {
  /** Whether the token was remembered, so that no signature had to be checked. */
  readonly cached: boolean;
  /** Whose token it is, once that is known for sure. */
  readonly userPoolId?: string;
  /** Which kind of token it is, once that is known for sure. */
  readonly tokenUse?: "access" | "id";
}

/** A user's AWS credentials are fetched from the identity pool: `cognito-auth-session:exchange`. */
export interface ExchangeMessage extends OperationMessage {
  /** The identity pool, as configured. */
  readonly identityPoolId: string;
  /** Whether a request waits for them, they are renewed ahead of time, or somebody asked for new ones. */
  readonly mode: "foreground" | "background" | "forced";
  /** Whether they are for guests. */
  readonly isGuest: boolean;
  /** Of a failure: AWS' or Node's name for it, `TooManyRequestsException` or the like. */
  readonly errorName?: string;
}

/** Tokens of a session in cookies are refreshed: `cognito-auth-session:refresh`. */
export interface RefreshMessage extends OperationMessage {
  /** Whose tokens they are. */
  readonly userPoolId: string;
  /**
   * What became of it. `renewed`: there are new tokens. `kept`: not now, perhaps later. `busy`: another process is at it.
   * `spent`: nobody knows whether the refresh token still works, so it is not sent again. `over`: Cognito ended the
   * sign-in. `gone`: the session was ended meanwhile.
   */
  readonly result?: "renewed" | "kept" | "busy" | "spent" | "over" | "gone";
  /** Of a failure: AWS' or Node's name for it. */
  readonly errorName?: string;
}

/** A key set is fetched: `cognito-auth-session:jwks`. */
export interface KeySetMessage extends OperationMessage {
  /** Whose keys they are. */
  readonly userPoolId: string;
  /** How many keys are trusted now. */
  readonly keys?: number;
  /** Of a failure: `NetworkError`, `TimeoutError`, `UnexpectedStatus` or the like. */
  readonly errorName?: string;
}

/** The shared store is asked: `cognito-auth-session:store`. While it fails it is not, and that is a failure too. */
export interface StoreMessage extends OperationMessage {
  /** What it was asked for. */
  readonly operation: "get" | "set" | "delete" | "lock" | "release";
  /** What kind of entry it is about. */
  readonly entry: "credentials" | "identity" | "revoked" | "exchange" | "pace" | "session" | "renewed";
}

/** A guard decided: `cognito-auth-session:guard`. */
export interface GuardMessage {
  /** Which guard it was. */
  readonly guard:
    | "requireAuth"
    | "requireGroup"
    | "requireEveryGroup"
    | "requireScope"
    | "requireAnyScope"
    | "requireClaim"
    | "requireCredentials"
    | "authorize";
  /** `ok` where it let pass. */
  readonly outcome: DiagnosticsOutcome;
}

/** A request was let in or refused: `cognito-auth-session:request`. Once for each request and `SessionManager`. */
export interface RequestMessage {
  /** `ok` where it was let in. */
  readonly outcome: DiagnosticsOutcome;
  /** Whether a user came in. False for anonymous requests, for guests, and for whoever was refused. */
  readonly isAuthenticated: boolean;
  /** Of the user who came in. */
  readonly userPoolId?: string;
}

/** Something that was kept made room for something new: `cognito-auth-session:eviction`. */
export interface EvictionMessage {
  /** Which cache it was in. */
  readonly cache: "tokens" | "credentials";
}

/** The tracing channels, for what takes time. Subscribe with `tracingChannel()` of `node:diagnostics_channel`. */
export interface AuthOperations {
  /** A token is verified, or was remembered. */
  "cognito-auth-session:verify": VerifyMessage;
  /** AWS credentials are fetched. */
  "cognito-auth-session:exchange": ExchangeMessage;
  /** Tokens of a session in cookies are refreshed. */
  "cognito-auth-session:refresh": RefreshMessage;
  /** A key set is fetched. */
  "cognito-auth-session:jwks": KeySetMessage;
  /** The shared store is asked. */
  "cognito-auth-session:store": StoreMessage;
}

/** The plain channels, for what has happened. Subscribe with `subscribe()` of `node:diagnostics_channel`. */
export interface AuthNotices {
  /** A guard decided. */
  "cognito-auth-session:guard": GuardMessage;
  /** A request was let in or refused. */
  "cognito-auth-session:request": RequestMessage;
  /** An entry made room for another. */
  "cognito-auth-session:eviction": EvictionMessage;
}

/**
 * What is published, by channel.
 *
 * No token, no secret, no user's name, id or address and no text of an upstream's is in any of it. All values but pool
 * ids, which the configuration lists, and counts are of small fixed sets.
 *
 * @example
 * ```ts
 * import { subscribe } from "node:diagnostics_channel";
 * import type { AuthDiagnostics } from "cognito-auth-session";
 *
 * subscribe("cognito-auth-session:request", (message) => {
 *   const { outcome } = message as AuthDiagnostics["cognito-auth-session:request"];
 *   if (outcome !== "ok") console.log("refused:", outcome);
 * });
 * ```
 */
export interface AuthDiagnostics extends AuthOperations, AuthNotices {}
