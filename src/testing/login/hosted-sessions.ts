import type { IncomingHttpHeaders } from "node:http";
import { parseCookie } from "cookie";
import type { Clock } from "../../clock.js";
import { Tickets } from "./tickets.js";

/** As long as the real service's session cookie. */
const LIFETIME_SECONDS = 3600;
const COOKIE = "cognito";
const ATTRIBUTES = "Path=/; HttpOnly; SameSite=Lax";

/** Who has signed in at the managed login. */
export interface HostedSession {
  readonly username: string;
  readonly authTimeSeconds: number;
}

/** The managed login's own sessions, by which a browser signs in to a second app without a page. */
export class HostedSessions {
  readonly #tickets: Tickets<HostedSession>;

  constructor(private readonly clock: Clock) {
    this.#tickets = new Tickets(LIFETIME_SECONDS, clock);
  }

  /** A new session, and the headers that give it to the browser. */
  begin(username: string): { readonly session: HostedSession; readonly headers: Readonly<Record<string, string>> } {
    const session = { username, authTimeSeconds: Math.floor(this.clock() / 1000) };
    const cookie = `${COOKIE}=${this.#tickets.issue(session)}; ${ATTRIBUTES}; Max-Age=${LIFETIME_SECONDS}`;
    return { session, headers: { "Set-Cookie": cookie } };
  }

  find(headers: IncomingHttpHeaders): HostedSession | undefined {
    return this.#tickets.find(ticketOf(headers));
  }

  /** Ends the session, and makes the headers that take it from the browser. */
  end(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
    this.#tickets.delete(ticketOf(headers));
    return { "Set-Cookie": `${COOKIE}=; ${ATTRIBUTES}; Max-Age=0` };
  }
}

function ticketOf({ cookie = "" }: IncomingHttpHeaders): string {
  return parseCookie(cookie)[COOKIE] ?? "";
}
