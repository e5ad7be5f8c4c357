import { readLocation, readProblem, readSession } from "./answer.js";
import { networkError } from "./error.js";
import type { Page } from "./page.js";
import type { BrowserSession } from "./types.js";

const TIMEOUT_MS = 10_000;
/** A longer wait would be a mistake somewhere on the way, and would leave the page with what it knew for too long. */
const LONGEST_RETRY_AFTER_SECONDS = 3600;

interface Reply {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

/** The server's session routes, asked one at a time. Whatever is not the expected answer is an `AuthSessionError`. */
export class SessionRoutes {
  readonly #path: string;
  readonly #page: Page;

  constructor(path: string, page: Page) {
    this.#path = path;
    this.#page = page;
  }

  /** The session as it is; the server renews its tokens when they are about to end. */
  async session(request: AbortController): Promise<BrowserSession | undefined> {
    return readSession(await this.#ask("GET", "session", request));
  }

  /** The session after a renewal. */
  async refresh(request: AbortController): Promise<BrowserSession | undefined> {
    return readSession(await this.#ask("POST", "refresh", request));
  }

  /** Ends the session. Returns where the browser has to go. */
  async signOut(request: AbortController): Promise<string> {
    return readLocation(await this.#ask("POST", "sign-out", request), this.#page.href());
  }

  /** Where a sign-in begins; the server checks `returnTo` for itself. */
  signInUrl(returnTo: string): string {
    return `${this.#path}/sign-in?returnTo=${encodeURIComponent(returnTo)}`;
  }

  async #ask(method: "GET" | "POST", route: string, request: AbortController): Promise<unknown> {
    const { status, retryAfter, text } = await this.#fetch(method, route, request);
    const body = parse(text);
    if (status === 200) return body;
    throw readProblem(status, body, secondsOf(retryAfter, this.#page.now()));
  }

  async #fetch(method: "GET" | "POST", route: string, request: AbortController): Promise<Reply> {
    const cancel = this.#page.startTimer(() => request.abort(), TIMEOUT_MS);
    try {
      const response = await this.#page.fetch(`${this.#path}/${route}`, {
        method,
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
        signal: request.signal,
      });
      const retryAfter = response.headers.get("Retry-After");
      return { status: response.status, retryAfter, text: await response.text() };
    } catch {
      throw networkError();
    } finally {
      cancel();
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page: no route answers so, and the readers say it.
    return undefined;
  }
}

/** `Retry-After` is seconds or a date (RFC 9110 section 10.2.3). */
function secondsOf(retryAfter: string | null, nowMs: number): number | undefined {
  if (retryAfter === null) return undefined;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - nowMs) / 1000;
  return seconds >= 0 ? Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS) : undefined;
}
