import type { AuthSessionError } from "./error.js";

/** Who the user is: the same fields as `UserInfo` of the server's session. */
export interface BrowserUserInfo {
  /** The user's id in the pool; it never changes. */
  readonly sub: string;
  /** The user name in the pool. */
  readonly username?: string;
  /** Of the ID token. */
  readonly email?: string;
  /** Whether Cognito has verified the address. */
  readonly emailVerified?: boolean;
  /** The full name. */
  readonly name?: string;
  /** The first name. */
  readonly givenName?: string;
  /** The last name. */
  readonly familyName?: string;
  /** The user's groups. */
  readonly groups: readonly string[];
  /** `custom:tenant` of the ID token stands here as `tenant`. */
  readonly customAttributes: Readonly<Record<string, unknown>>;
}

/** What the page may know of its session. The tokens stay on the server. Deeply frozen. */
export interface BrowserSession {
  /** Always true: for nobody there is no session. */
  readonly isAuthenticated: true;
  /** The user's id in the pool. */
  readonly userSub: string;
  /** The user name in the pool. */
  readonly username?: string;
  /** The user's groups: for what the page shows. Guards on the server decide. */
  readonly groups: readonly string[];
  /** Scopes of the access token. */
  readonly scopes: readonly string[];
  /** The profile. */
  readonly userInfo: BrowserUserInfo;
  /** Claims of the ID token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** When the tokens end, ISO 8601, by the server's clock. They are renewed before. */
  readonly expiresAt: string;
  /** Seconds from the server's answer to `expiresAt`. */
  readonly expiresIn: number;
  /** When the whole session ends, ISO 8601, by the server's clock. */
  readonly sessionExpiresAt: string;
}

/** A session is known. With an `error`, the last look at it failed and this is what was known before. */
export interface SignedInState {
  /** Who is signed in, and until when. */
  readonly session: BrowserSession;
  /** Always false: something is known. */
  readonly loading: false;
  /** Always true. */
  readonly isAuthenticated: true;
  /** Why the last look failed, if it did. */
  readonly error: AuthSessionError | undefined;
}

/** No session is known: nobody is signed in, or (`loading`, or an `error` whose status is not 401) nobody knows yet. */
export interface SignedOutState {
  /** Always undefined. */
  readonly session: undefined;
  /** True until the first look has come to an end. */
  readonly loading: boolean;
  /** Always false. */
  readonly isAuthenticated: false;
  /** Why the last look failed, if it did. */
  readonly error: AuthSessionError | undefined;
}

/** What is known of the session at one moment. Frozen. */
export type AuthSessionState = SignedInState | SignedOutState;

/** What a page can do about its session. The functions stay the same ones from render to render. */
export interface AuthSessionActions {
  /**
   * Renews the tokens now, so that new groups and attributes show.
   *
   * @returns the renewed session; undefined when it is over
   * @throws {AuthSessionError} when it could not be renewed; the session that was known stays
   */
  readonly refresh: () => Promise<BrowserSession | undefined>;
  /**
   * Leaves for the sign-in page.
   *
   * @param returnTo where to come back to: a path of this site, with its query. Anything else, and nothing, means the
   * current page.
   */
  readonly signIn: (returnTo?: string) => void;
  /**
   * Ends the session here, in the other tabs and, by leaving for its sign-out page, at Cognito.
   *
   * @throws {AuthSessionError} when the server could not be reached or did not answer as it should
   */
  readonly signOut: () => Promise<void>;
}
