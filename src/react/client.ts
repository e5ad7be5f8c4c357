import { AuthSessionError, networkError } from "./error.js";
import { OtherTabs, type TabNews } from "./other-tabs.js";
import type { Page } from "./page.js";
import { Renewal } from "./renewal.js";
import { SessionRoutes } from "./routes.js";
import type { AuthSessionActions, AuthSessionState, BrowserSession } from "./types.js";

/** A call of a session route that is under way. */
interface Call {
  readonly kind: "look" | "refresh" | "signOut";
  readonly request: AbortController;
  readonly outcome: Promise<BrowserSession | undefined>;
}

/** Nothing is known yet: what a server renders, and a page until its first look. */
export const LOADING: AuthSessionState = signedOut({ loading: true });
/** One slash, then none: `//host` and `/\host` are other sites. No control characters, which browsers drop. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const OWN_PATH = /^\/(?![/\\])[^\\\u0000-\u001f]*$/;

/**
 * What one page knows of its session, for all who want to know. Looks at the session route from the first subscriber
 * to the last, one call at a time; a later call that matters more replaces the one under way.
 *
 * @example
 * ```ts
 * const client = new AuthSessionClient("/auth", browserPage());
 * const unsubscribe = client.subscribe(() => console.log(client.getSnapshot().isAuthenticated));
 * ```
 */
export class AuthSessionClient implements AuthSessionActions {
  readonly #page: Page;
  readonly #routes: SessionRoutes;
  readonly #renewal: Renewal;
  readonly #tabs: OtherTabs;
  readonly #subscribers = new Set<() => void>();
  #state = LOADING;
  #call: Call | undefined;
  #signingOut: Promise<void> | undefined;
  #stopWaking: (() => void) | undefined;

  /**
   * @param path where the session routes are mounted: a path of this site
   * @throws {TypeError} for any other path
   */
  constructor(path: string, page: Page) {
    if (!OWN_PATH.test(path)) throw new TypeError('`path` is where the session routes are mounted, as in "/auth".');
    const base = path.replace(/\/$/, "");
    this.#page = page;
    this.#routes = new SessionRoutes(base, page);
    this.#renewal = new Renewal(page, () => this.#look());
    this.#tabs = new OtherTabs(base, page, (news) => this.#hear(news));
  }

  /** Calls the listener after each change. Returns what ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    // One entry for each subscription, though two may bring the same listener.
    const subscriber = () => listener();
    this.#subscribers.add(subscriber);
    if (this.#stopWaking === undefined) this.#start();
    return () => {
      this.#subscribers.delete(subscriber);
      // Whoever remounts in this very moment, as StrictMode does, finds everything as it was.
      queueMicrotask(() => {
        if (this.#subscribers.size === 0) this.#stop();
      });
    };
  };

  /** What is known now; the same object until it changes. */
  readonly getSnapshot = (): AuthSessionState => this.#state;

  readonly refresh = (): Promise<BrowserSession | undefined> => {
    if (this.#call !== undefined && this.#call.kind !== "look") return this.#call.outcome;
    return this.#begin("refresh", (request) => this.#routes.refresh(request));
  };

  readonly signIn = (returnTo?: string): void => {
    // An event handler may hand its event over; and the path may come from the page's own query.
    const isOwnPath = (path: unknown): path is string => typeof path === "string" && OWN_PATH.test(path);
    const target = [returnTo, this.#page.path()].find(isOwnPath) ?? "/";
    this.#page.navigate(this.#routes.signInUrl(target));
  };

  readonly signOut = (): Promise<void> => {
    this.#signingOut ??= this.#endSession().finally(() => {
      this.#signingOut = undefined;
    });
    return this.#signingOut;
  };

  async #endSession(): Promise<void> {
    let location: string | undefined;
    await this.#begin("signOut", async (request) => {
      location = await this.#routes.signOut(request);
      return undefined;
    });
    this.#tabs.tell("signedOut");
    // None where the server said that the session had ended before.
    if (location !== undefined) this.#page.navigate(location);
  }

  #start(): void {
    this.#stopWaking = this.#page.onWake((restored) => {
      if (restored || this.#renewal.isDue) this.#look();
    });
    this.#tabs.listen();
    this.#look();
  }

  #stop(): void {
    this.#stopWaking?.();
    this.#stopWaking = undefined;
    this.#tabs.stopListening();
    this.#renewal.cancel();
    // A renewal or a sign-out was asked for, and goes on.
    if (this.#call?.kind !== "look") return;
    this.#call.request.abort();
    this.#call = undefined;
  }

  /** Its failure is part of the state, and is told there. */
  #look({ afresh = false } = {}): void {
    if (this.#call !== undefined && !afresh) return;
    this.#begin("look", (request) => this.#routes.session(request)).catch(() => undefined);
  }

  #hear(news: TabNews): void {
    if (news === "signedIn") {
      if (!this.#state.isAuthenticated) this.#look();
      return;
    }
    this.#become(signedOut());
    // A call that is under way may have been answered before. Not our own sign-out: it has yet to leave for Cognito.
    this.#look({ afresh: this.#call?.kind !== "signOut" });
  }

  #begin(
    kind: Call["kind"],
    ask: (request: AbortController) => Promise<BrowserSession | undefined>,
  ): Promise<BrowserSession | undefined> {
    this.#call?.request.abort();
    const request = new AbortController();
    const outcome = this.#settle(request, ask(request));
    this.#call = { kind, request, outcome };
    return outcome;
  }

  async #settle(
    request: AbortController,
    asked: Promise<BrowserSession | undefined>,
  ): Promise<BrowserSession | undefined> {
    const answer = await asked.catch((error: unknown) => (error instanceof AuthSessionError ? error : networkError()));
    // Replaced by a later call, whose outcome counts.
    if (this.#call?.request !== request) return this.#call?.outcome ?? this.#state.session;
    this.#call = undefined;
    if (!(answer instanceof AuthSessionError)) return this.#know(answer);
    if (answer.endsSession) {
      this.#renewal.forget();
      this.#become(signedOut({ error: answer }));
      return undefined;
    }
    if (this.#subscribers.size > 0) this.#renewal.afterFailure(answer.retryAfterSeconds);
    this.#become(Object.freeze({ ...this.#state, loading: false, error: answer }));
    throw answer;
  }

  #know(session: BrowserSession | undefined): BrowserSession | undefined {
    if (session === undefined) {
      this.#renewal.forget();
      this.#become(signedOut());
      return undefined;
    }
    const isNews = !this.#state.isAuthenticated;
    if (this.#subscribers.size > 0) this.#renewal.afterSuccess(session.expiresIn);
    this.#become(Object.freeze({ session, loading: false, isAuthenticated: true, error: undefined }));
    if (isNews) this.#tabs.tell("signedIn");
    return session;
  }

  #become(state: AuthSessionState): void {
    this.#state = state;
    for (const subscriber of this.#subscribers) subscriber();
  }
}

function signedOut({ loading = false, error }: { loading?: boolean; error?: AuthSessionError } = {}): AuthSessionState {
  return Object.freeze({ session: undefined, loading, isAuthenticated: false, error });
}
