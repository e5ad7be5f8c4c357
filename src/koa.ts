export * from "./core.js";
export {
  type AuthState,
  authErrorHandler,
  authorize,
  authSession,
  type KoaContext,
  type KoaMiddleware,
  requireAnyScope,
  requireAuth,
  requireClaim,
  requireCredentials,
  requireEveryGroup,
  requireGroup,
  requireScope,
} from "./http/koa.js";
