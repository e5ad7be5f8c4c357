import type { RequestListener } from "node:http";
import express, { type ErrorRequestHandler, type RequestHandler } from "express";
import { ANSWER } from "./answer.js";

/** The same application around each way to authenticate. */
export function expressApp(authenticate?: RequestHandler, onError?: ErrorRequestHandler): RequestListener {
  const app = express();
  if (authenticate !== undefined) app.use(authenticate);
  app.get("/", (_request, response) => {
    response.json(ANSWER);
  });
  if (onError !== undefined) app.use(onError);
  return app;
}

/**
 * The error handler that the peers' documentation shows. Express's own prints every error to the terminal, which would
 * cost them more than all else.
 */
export const answerError: ErrorRequestHandler = (
  error: { status?: number; headers?: object },
  _request,
  response,
  _next,
) => {
  response
    .status(error.status ?? 500)
    .set(error.headers ?? {})
    .json({ error: "invalid_token" });
};

/** Where a peer is only a verifier: the middleware that its users write. A header without a token is refused as well. */
export function authenticateBy(verify: (token: string) => unknown): RequestHandler {
  return async (request, response, next) => {
    try {
      response.locals.claims = await verify(request.headers.authorization?.slice("Bearer ".length) ?? "");
    } catch {
      response.status(401).json({ error: "invalid_token" });
      return;
    }
    next();
  };
}
