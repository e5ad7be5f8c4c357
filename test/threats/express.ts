import {
  authErrorHandler,
  authorize,
  type RequestHandler,
  requireAnyScope,
  requireAuth,
  requireClaim,
  requireCredentials,
  requireEveryGroup,
  requireGroup,
  requireScope,
} from "cognito-auth-session";
import express from "express";
import { appWith, ok } from "../support/app.js";
import type { GuardSpec } from "./attack.js";
import type { Face } from "./runner.js";

/** The corpus' apps on Express. */
export const expressFace: Face = ({ sessions, guard, inPlaceOfSession }) => {
  const guards = guard === undefined ? [] : [guardOf(guard)];
  if (inPlaceOfSession === undefined) return appWith(sessions, (app) => app.all("/guarded", ...guards, ok));
  const app = express();
  app.use((req, _res, next) => {
    if (inPlaceOfSession.value !== undefined) Object.assign(req, { authSession: inPlaceOfSession.value });
    next();
  });
  app.all("/guarded", ...guards, ok);
  app.use(authErrorHandler());
  return app;
};

function guardOf(spec: GuardSpec): RequestHandler {
  switch (spec[0]) {
    case "requireAuth":
      return requireAuth();
    case "requireGroup":
      return requireGroup(...spec.slice(1));
    case "requireEveryGroup":
      return requireEveryGroup(...spec.slice(1));
    case "requireScope":
      return requireScope(...spec.slice(1));
    case "requireAnyScope":
      return requireAnyScope(...spec.slice(1));
    case "requireClaim":
      return requireClaim(spec[1], spec[2]);
    case "requireCredentials":
      return requireCredentials();
    case "authorize":
      return authorize(spec[1]);
  }
}
