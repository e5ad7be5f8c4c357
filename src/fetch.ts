export * from "./core.js";
export {
  authErrorResponse,
  authorize,
  authSession,
  type FetchOrNodeRequest,
  type FetchSessionOptions,
  requireAnyScope,
  requireAuth,
  requireClaim,
  requireCredentials,
  requireEveryGroup,
  requireGroup,
  requireScope,
  type SessionGuard,
} from "./http/fetch.js";
