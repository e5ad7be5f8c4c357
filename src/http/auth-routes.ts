import { ManagedLogin } from "../browser/managed-login.js";
import { refuseCrossSite } from "../browser/same-origin.js";
import type { CookieSink } from "../browser/session-cookie.js";
import { isLoopback } from "../config/endpoint.js";
import { AuthError, ConfigurationError, inRealm } from "../errors/auth-error.js";
import { failed, type Outcome } from "../errors/outcome.js";
import { warnOnce } from "../errors/warn-once.js";
import { fromCookie } from "../session/authenticator.js";
import type { Components } from "../session/components.js";
import type { CookieEngine } from "../session/cookie-engine.js";
import { SessionManager } from "../session/manager.js";
import { Session } from "../session/session.js";
import { headerOf, type RequestHeaders } from "../tokens/bearer.js";
import { FAILURE_PAGE_POLICY, type FailedStep, failurePage } from "./failure-page.js";
import { type ProblemAnswer, problemOf } from "./problem.js";
import { type AuthRoutesOptions, type RouteSettings, resolveRoutes } from "./route-options.js";
import { describeSession, SIGNED_OUT } from "./session-description.js";
import { NOT_BEGUN, SignInRoute } from "./sign-in-route.js";

const NO_MANAGER = "authRoutes() takes the SessionManager that authSession() works with, and options.";
/** A page that asks for new tokens again and again gets the same for so long. */
const RENEWED_LATELY_SECONDS = 10;
/**
 * Pages and caches on the way are to keep none of it, no address that a code stood in is to be passed on, and a page of a
 * sibling domain is not to load it as something else.
 */
const PRIVATE = {
  "Cache-Control": "no-store",
  Vary: "Cookie",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** An answer of a route, for any framework to send, and the cookies that go with it. */
export interface RouteAnswer extends ProblemAnswer {
  readonly cookies: readonly string[];
}

type Handler = (request: RequestHeaders, query: URLSearchParams, sink: CookieSink) => Promise<Outcome<Answer>>;
type Answer = { readonly location: string } | { readonly json: object };

interface Route {
  readonly method: "GET" | "POST";
  readonly handle: Handler;
  /** Where a person looks at what it answers: what they were about to do. */
  readonly step?: FailedStep;
}

/** The routes of browser sessions: sign-in, callback, session, refresh, sign-out. */
export class AuthRoutes {
  readonly #components: Components;
  readonly #cookies: CookieEngine;
  readonly #settings: RouteSettings;
  readonly #login: ManagedLogin;
  readonly #signIn: SignInRoute;
  readonly #routes: ReadonlyMap<string, Route>;

  /** @throws {ConfigurationError} naming the option and the fix */
  constructor(manager: SessionManager, options: AuthRoutesOptions = {}) {
    if (!(manager instanceof SessionManager)) throw new ConfigurationError(NO_MANAGER);
    const components = SessionManager.componentsOf(manager);
    const { config, clock, cookies } = components;
    const settings = resolveRoutes(options, config);
    if (cookies === undefined) throw new ConfigurationError(NO_MANAGER);
    this.#components = components;
    this.#cookies = cookies;
    this.#settings = settings;
    const { origin, path, pool, client, scopes, signedOutPath } = settings;
    this.#login = new ManagedLogin(
      {
        issuers: pool.issuers,
        discoveryUrl: pool.discoveryUri,
        clientId: client.id,
        clientSecret: client.secret,
        redirectUri: `${origin}${path}/callback`,
        signedOutUri: `${origin}${signedOutPath}`,
        scopes,
        allowHttp: config.allowHttp,
        timeoutMs: config.requestTimeoutMs,
      },
      { clock },
    );
    this.#signIn = new SignInRoute({ settings, login: this.#login, cookies, components });
    this.#routes = new Map<string, Route>([
      [`${path}/sign-in`, { method: "GET", step: "sign-in", handle: this.#begin }],
      [`${path}/callback`, { method: "GET", step: "sign-in", handle: this.#finish }],
      [`${path}/session`, { method: "GET", handle: this.#describe }],
      [`${path}/refresh`, { method: "POST", handle: this.#refresh }],
      [`${path}/sign-out`, { method: "POST", step: "sign-out", handle: this.#signOut }],
    ]);
  }

  /**
   * The answer to a request; undefined where it is not for these routes.
   *
   * @param target path and query, as they came
   */
  async handle(request: RequestHeaders, target: string): Promise<RouteAnswer | undefined> {
    const [path, search] = splitTarget(target);
    const route = this.#routes.get(path);
    if (route === undefined) return undefined;
    const cookies: string[] = [];
    const sink: CookieSink = { isOpen: true, add: (cookie) => void cookies.push(cookie) };
    if (request.method !== route.method) return { ...methodNotAllowed(route.method), cookies };
    const answer = await route.handle(request, new URLSearchParams(search), sink);
    return { ...this.#write(request, route, answer), cookies };
  }

  readonly #begin: Handler = async (request, query, sink) => {
    const elsewhere = this.#onTheRightHost(request, query);
    return elsewhere === undefined
      ? toLocation(await this.#signIn.begin(request, query, sink))
      : { location: elsewhere };
  };

  /**
   * `localhost` and `127.0.0.1` are two hosts to a browser: the cookie of a sign-in that began on one would not come back
   * to the other. In development, people type either.
   */
  #onTheRightHost(request: RequestHeaders, query: URLSearchParams): string | undefined {
    const { origin, path } = this.#settings;
    const asked = `http://${headerOf(request, "host") ?? ""}`;
    if (query.has("again") || !isLoopback(origin) || !URL.canParse(asked) || !isLoopback(asked)) return undefined;
    if (new URL(asked).hostname === new URL(origin).hostname) return undefined;
    const again = new URLSearchParams(query);
    again.set("again", "1");
    return `${origin}${path}/sign-in?${again}`;
  }

  readonly #finish: Handler = async (request, query, sink) => {
    const location = await this.#signIn.finish(request, query, sink);
    if (failed(location)) this.#tellOfFailure(location);
    // Who comes back to a used callback, by the browser's history, and is signed in, has what he wanted.
    const isUsed = failed(location) && location.code === "invalid_request";
    if (!isUsed || !(await this.#isSignedIn(request))) return toLocation(location);
    return { location: this.#settings.returnTo[0] };
  };

  readonly #describe: Handler = async (request) => {
    const session = await this.#components.identifier.identify(request);
    if (!failed(session)) return { json: this.#tell(session) };
    // A page asks whether anybody is signed in. That somebody is no more is an answer.
    return session.status === 401 ? { json: SIGNED_OUT } : session;
  };

  readonly #refresh: Handler = async (request) => {
    const { identifier, clock, engine } = this.#components;
    const session = await identifier.identify(request);
    if (failed(session)) return session;
    // Also where the application lets anonymous requests pass: there is nothing to renew.
    if (!session.isAuthenticated) return engine.finish(new AuthError("missing_token"));
    const { cookie, access } = Session.verifiedTokens(session);
    if (cookie === undefined || access === undefined) return { json: this.#tell(session) };
    const issuedAt = access.payload.iat;
    const ageSeconds = typeof issuedAt === "number" ? clock() / 1000 - issuedAt : Number.POSITIVE_INFINITY;
    if (ageSeconds < RENEWED_LATELY_SECONDS) return { json: this.#tell(session) };
    const live = await cookie.session.open(true);
    if (live === undefined) return engine.finish(new AuthError("refresh_failed"));
    if (failed(live)) return engine.finish(live);
    const renewed = await identifier.renew(session, fromCookie(cookie.session, live), request);
    return failed(renewed) ? renewed : { json: this.#tell(renewed) };
  };

  readonly #signOut: Handler = async (request, _query, sink) => {
    const refusal = refuseCrossSite(request, this.#settings.origin);
    if (refusal !== undefined) return refusal;
    const ended = await this.#cookies.source.find(request, sink);
    if (failed(ended)) return ended;
    const fault = ended && (await this.#components.signOut.cookie(ended));
    if (fault !== undefined) return fault;
    // Where managed login cannot be asked, its own session stays; ours has ended all the same.
    const location = (await this.#login.signOutLocation()) ?? this.#settings.signedOutPath;
    return accepts(request, "application/json") ? { json: { location } } : { location };
  };

  /** Nobody else sees this error: these routes answer it themselves. */
  #tellOfFailure(error: AuthError): void {
    const wasBegun = error.recoverySuggestion !== NOT_BEGUN.recoverySuggestion;
    if (wasBegun) this.#components.events.emit({ type: "signIn_failure", error });
    // Outages are told of where they are answered.
    if (error.status < 500) warnOnce("sign_in_failed", `A sign-in failed: ${error.code}. ${error.recoverySuggestion}`);
  }

  #tell(session: Session): object {
    if (!session.isAuthenticated) return SIGNED_OUT;
    const tokens = Session.verifiedTokens(session);
    return describeSession(session, tokens, tokens.cookie?.live, this.#components.clock());
  }

  async #isSignedIn(request: RequestHeaders): Promise<boolean> {
    const session = await this.#components.identifier.identify(request);
    return !failed(session) && session.isAuthenticated;
  }

  #write(request: RequestHeaders, { step }: Route, answer: Outcome<Answer>): ProblemAnswer {
    if (failed(answer)) {
      const problem = problemOf(inRealm(answer, this.#components.config.realm));
      const headers = { ...problem.headers, ...PRIVATE };
      if (step === undefined || !accepts(request, "text/html")) return { ...problem, headers };
      const { path, returnTo } = this.#settings;
      return page(problem.status, headers, failurePage(answer, step, { signIn: `${path}/sign-in`, home: returnTo[0] }));
    }
    if ("location" in answer) return { status: 303, headers: { ...PRIVATE, Location: answer.location }, body: "" };
    const body = JSON.stringify(answer.json);
    return { status: 200, headers: { ...PRIVATE, "Content-Type": "application/json; charset=utf-8" }, body };
  }
}

function toLocation(location: Outcome<string>): Outcome<Answer> {
  return failed(location) ? location : { location };
}

function splitTarget(target: string): [path: string, search: string] {
  const mark = target.indexOf("?");
  return mark === -1 ? [target, ""] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** Browsers that navigate name HTML first; `fetch` names what it wants. */
function accepts(request: RequestHeaders, type: string): boolean {
  return (headerOf(request, "accept") ?? "").toLowerCase().includes(type);
}

function methodNotAllowed(method: string): ProblemAnswer {
  return {
    status: 405,
    headers: { ...PRIVATE, Allow: method, "Content-Type": "text/plain; charset=utf-8" },
    body: `Use ${method}.\n`,
  };
}

function page(status: number, headers: Readonly<Record<string, string>>, body: string): ProblemAnswer {
  return {
    status,
    headers: {
      ...headers,
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": FAILURE_PAGE_POLICY,
      "Content-Length": String(Buffer.byteLength(body)),
    },
    body,
  };
}
