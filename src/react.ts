"use client";

export { AuthSessionError, type AuthSessionErrorCode } from "./react/error.js";
export type {
  AuthSessionActions,
  AuthSessionState,
  BrowserSession,
  BrowserUserInfo,
  SignedInState,
  SignedOutState,
} from "./react/types.js";
export { type UseAuthSession, type UseAuthSessionOptions, useAuthSession } from "./react/use-auth-session.js";
