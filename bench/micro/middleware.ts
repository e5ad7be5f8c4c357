import type { IncomingMessage, ServerResponse } from "node:http";
import { authSession, type SessionManager } from "cognito-auth-session";

/** A request as Node would show it. */
export interface FakeRequest {
  readonly method: string;
  readonly headers: { readonly host: string; readonly connection: string; readonly authorization: string };
  readonly rawHeaders: readonly string[];
}

export function requestWith(token: string): FakeRequest {
  const authorization = `Bearer ${token}`;
  return {
    method: "GET",
    headers: { host: "127.0.0.1", connection: "keep-alive", authorization },
    rawHeaders: ["Host", "127.0.0.1", "Connection", "keep-alive", "Authorization", authorization],
  };
}

/**
 * The Express middleware around an engine, without Express and HTTP.
 *
 * @returns a function that is done when the request was let through, or refused with 401, whichever is expected
 */
export function middlewareOf(
  manager: SessionManager,
  expected: 200 | 401,
): (request: FakeRequest) => void | Promise<void> {
  const middleware = authSession(manager);
  // Only what the middleware touches is there.
  const response = {} as ServerResponse;
  return (request) => {
    let status: unknown;
    let settle: (() => void) | undefined;
    middleware(request as unknown as IncomingMessage, response, (error) => {
      status = error === undefined ? 200 : statusOf(error);
      settle?.();
    });
    if (status !== undefined) return check(status, expected);
    return new Promise<void>((resolve) => {
      settle = resolve;
    }).then(() => check(status, expected));
  };
}

function statusOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "status" in error ? error.status : error;
}

function check(status: unknown, expected: number): void {
  if (status !== expected) throw new Error(`The middleware came to ${String(status)} and not to ${expected}.`);
}
