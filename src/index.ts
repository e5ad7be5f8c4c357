export * from "./core.js";
export {
  authErrorHandler,
  authorize,
  authSession,
  type ErrorRequestHandler,
  type RequestHandler,
  requireAnyScope,
  requireAuth,
  requireClaim,
  requireCredentials,
  requireEveryGroup,
  requireGroup,
  requireScope,
} from "./http/express.js";
