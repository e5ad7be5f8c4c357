import type { IncomingMessage, RequestListener } from "node:http";
import { authErrorResponse, requireCredentials, requireGroup, requireScope } from "../http/fetch.js";
import type { SessionManager } from "../session/manager.js";
import type { AuthSession } from "../session/types.js";
import { sendJson } from "./answer.js";

/** A route that the page offers to call. */
export interface RouteToTry {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  /** What stands before it, in a few plain words. */
  readonly needs: string;
  /** Text to send along. */
  readonly body?: string;
}

/** The routes of {@link sampleApi}. */
export const SAMPLE_ROUTES: readonly RouteToTry[] = [
  { method: "GET", path: "/me", needs: "any good token" },
  { method: "GET", path: "/admin", needs: 'requireGroup("admin")' },
  { method: "GET", path: "/credentials", needs: "requireCredentials()" },
  { method: "GET", path: "/orders", needs: 'requireScope("orders/read")' },
];

type Handler = (session: AuthSession, request: IncomingMessage) => object | Promise<object>;

const needsAdmin = requireGroup("admin");
const needsCredentials = requireCredentials();
const needsScope = requireScope("orders/read");

const HANDLERS: Readonly<Record<string, Handler>> = {
  "/me": (session) => ({
    ...session.getUserInfo(),
    groups: session.groups,
    identityId: session.identityId,
    credentialsExpire: session.credentials?.expiration,
  }),
  "/admin": async (session) => {
    await needsAdmin(session);
    return { message: `Welcome, ${session.username}. Only admins see this.` };
  },
  "/credentials": async (session) => {
    await needsCredentials(session);
    return { identityId: session.identityId, credentialsExpire: session.credentials?.expiration };
  },
  "/orders": async (session) => {
    await needsScope(session);
    return { orders: [{ id: 1, item: "tea" }] };
  },
};

/** A small API on Node alone: a session for every request, then each route's guard. */
export function sampleApi(sessions: SessionManager): RequestListener {
  return (request, response) => {
    const answer = async () => {
      const session = await sessions.getSession(request, response);
      const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
      const handler = Object.hasOwn(HANDLERS, path) ? HANDLERS[path] : undefined;
      if (handler === undefined) return sendJson(response, 404, { status: 404, title: "Not Found" });
      sendJson(response, 200, await handler(session, request));
    };
    answer()
      .catch(async (error: unknown) => {
        const refusal = authErrorResponse(error);
        response.writeHead(refusal.status, Object.fromEntries(refusal.headers)).end(await refusal.text());
      })
      .catch(() => response.destroy());
  };
}
