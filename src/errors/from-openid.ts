import { AuthError } from "./auth-error.js";
import type { AuthErrorCode } from "./table.js";
import { UpstreamFailure } from "./upstream-failure.js";

/** Where a sign-in failed: reading the discovery document, judging the callback's query, or exchanging the code. */
export type SignInStep = "Discovery" | "Authorize" | "Token";

type Verdict = readonly [code: AuthErrorCode, recoverySuggestion: string];

const START_AGAIN = "Start the sign-in again: its callback is stale, was altered, or belongs to another browser.";
const UNREACHABLE =
  "Retry after the time that `Retry-After` names. If it lasts, check that the server reaches the user pool and its domain.";

/** The library's names of what failed. It is not imported for them: who signs nobody in never loads it. */
const CALLBACK_IS_ERROR = "OAUTH_AUTHORIZATION_RESPONSE_ERROR";
const ANSWER_IS_ERROR = "OAUTH_RESPONSE_BODY_ERROR";
const WRONG_CLAIM = "OAUTH_JWT_CLAIM_COMPARISON_FAILED";

/** RFC 6749 section 4.1.2.1, and OpenID Connect Core section 3.1.2.6: what the callback's `error` may say. */
const CALLBACK_ERRORS: ReadonlyMap<string, Verdict> = new Map([
  ["access_denied", ["forbidden", "The user declined, or the user pool does not let this user in."]],
  ["server_error", ["credentials_unavailable", UNREACHABLE]],
  ["temporarily_unavailable", ["credentials_unavailable", UNREACHABLE]],
  ["invalid_scope", ["forbidden", "Allow the requested scopes in the app client's managed login settings."]],
  [
    "unauthorized_client",
    ["forbidden", "Allow the authorization code grant in the app client's managed login settings."],
  ],
  ["invalid_request", ["forbidden", "The user pool, or a Lambda trigger of it, refused this sign-in."]],
  ["login_required", ["forbidden", "`prompt=none` was asked for, and the user is not signed in at managed login."]],
]);
const OTHER_CALLBACK_ERROR: Verdict = ["forbidden", "Managed login refused this sign-in."];

/** RFC 6749 section 5.2, and what Cognito adds to it. What is not here says nothing about whose fault it is. */
const TOKEN_ERRORS: ReadonlyMap<string, Verdict> = new Map([
  ["invalid_grant", ["invalid_request", "Start the sign-in again: the code was used before, or has expired."]],
  ["invalid_request", ["invalid_request", START_AGAIN]],
  ["invalid_client", ["misconfigured", "Compare the app client's id and client secret with those in the user pool."]],
  [
    "unauthorized_client",
    [
      "misconfigured",
      "Allow the authorization code grant for the app client, and compare the redirect URI with its callback URLs to the letter.",
    ],
  ],
  ["redirect_mismatch", ["misconfigured", "Add the redirect URI to the app client's callback URLs, to the letter."]],
  ["unsupported_grant_type", ["misconfigured", "Allow the authorization code grant for the app client."]],
  ["invalid_scope", ["misconfigured", "Allow the requested scopes in the app client's managed login settings."]],
]);

/**
 * What openid-client threw, as ours. Its errors hold the callback's query, the answer and the claims; none of that is
 * kept, and of an `error` only what the tables above know.
 *
 * @param step what was being done
 * @param httpStatusCode of the answer, where there was one
 */
export function fromOpenIdError(error: unknown, step: SignInStep, httpStatusCode?: number): AuthError {
  const failure = failureIn(error);
  if (failure !== undefined) return unavailable(failure);
  const code = textAt(error, "code");
  const named = textAt(error, "error") ?? "";
  if (step === "Authorize") {
    if (code !== CALLBACK_IS_ERROR) return new AuthError("invalid_request", { recoverySuggestion: START_AGAIN });
    return judged(
      CALLBACK_ERRORS.get(named) ?? OTHER_CALLBACK_ERROR,
      step,
      CALLBACK_ERRORS.has(named) ? named : undefined,
    );
  }
  const verdict = step === "Token" && code === ANSWER_IS_ERROR ? TOKEN_ERRORS.get(named) : undefined;
  if (verdict !== undefined) return judged(verdict, step, named, httpStatusCode);
  if (code === WRONG_CLAIM || lacksNonce(error)) {
    return judged(["invalid_request", START_AGAIN], step, "IdTokenMismatch", httpStatusCode);
  }
  return unavailable(new UpstreamFailure(step, "UnreadableAnswer", { httpStatusCode }));
}

function judged(
  [code, recoverySuggestion]: Verdict,
  step: SignInStep,
  name = "UnknownError",
  httpStatusCode?: number,
): AuthError {
  return new AuthError(code, { recoverySuggestion, cause: new UpstreamFailure(step, name, { httpStatusCode }) });
}

function unavailable(cause: UpstreamFailure): AuthError {
  return new AuthError("credentials_unavailable", { recoverySuggestion: UNREACHABLE, cause });
}

/** The library wraps what the fetch that it was given rejects with. */
function failureIn(error: unknown): UpstreamFailure | undefined {
  if (error instanceof UpstreamFailure) return error;
  const cause = at(error, "cause");
  return cause instanceof UpstreamFailure ? cause : undefined;
}

/** An ID token without the nonce is one of another sign-in, as much as one with a wrong nonce. */
function lacksNonce(error: unknown): boolean {
  const claims = at(at(at(error, "cause"), "cause"), "claims");
  return claims !== undefined && at(claims, "nonce") === undefined;
}

function textAt(value: unknown, key: string): string | undefined {
  const found = at(value, key);
  return typeof found === "string" ? found : undefined;
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
