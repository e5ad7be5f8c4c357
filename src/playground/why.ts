import type { AuthError } from "../errors/auth-error.js";
import { type AuthErrorCode, ERROR_TABLE } from "../errors/table.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";

/** The steps of a request's way, in order. */
export const STEPS = ["Read", "Verify", "Credentials", "Guard", "Handler"] as const;
export type Step = (typeof STEPS)[number];

/** Why a request was refused, for a person. */
export interface Explanation {
  /** Where it was stopped. */
  readonly step: Step;
  /** Which check refused it. */
  readonly check: string;
  /** What to do in an application of one's own. */
  readonly change: string;
  /** What to do on this page to see another answer. */
  readonly here: string;
}

const AGAIN = "Sign in again above, then call the route again.";
const UPSTREAM = 'Set "Cognito" back to "works". After failures the API waits a moment before it asks again.';

const TEXTS: Readonly<Record<AuthErrorCode, readonly [step: Step, check: string, here: string]>> = {
  missing_token: ["Read", "The request carried no token, and this API lets nobody in without one.", "Sign in above."],
  invalid_request: [
    "Read",
    "The header does not hold exactly one token: two values, a space or a comma inside, or the wrong form.",
    "Put one whole token into the field, without spaces.",
  ],
  malformed_token: [
    "Verify",
    "What was sent is not a token: three parts with dots between them, each in base64url.",
    "Paste the whole token, or mint one that is not cut off.",
  ],
  invalid_signature: [
    "Verify",
    "The signature was compared with the user pool's keys: none of them signed this token as it stands.",
    "Mint a token without that fault. After a rotation of the keys, sign in again.",
  ],
  invalid_claims: [
    "Verify",
    "One claim of the token is missing or not one that this API takes.",
    "Look for the marked claim among the claims of the token, and mint one without that fault. If the API's clock is behind, set it right.",
  ],
  token_expired: [
    "Verify",
    "The time in `exp` has passed by the API's clock.",
    `${AGAIN} If the API's clock is ahead, set it right.`,
  ],
  token_revoked: ["Verify", "The user or this sign-in was signed out on purpose.", AGAIN],
  session_mismatch: [
    "Verify",
    "Two tokens were sent, and they are not of one user, app client and sign-in.",
    "Clear one of the two fields, or sign in again to get a matching pair.",
  ],
  id_token_required: [
    "Guard",
    "The route needs AWS credentials. The identity pool gives them for an ID token, and none was sent.",
    'Choose "ID token" or "Both" above and sign in again.',
  ],
  refresh_failed: ["Verify", "Cognito refused to renew the session.", AGAIN],
  insufficient_group: [
    "Guard",
    "The token is good. The route asks for a group, and it is not among the token's groups.",
    'Sign in as a user who is in the group, or mint a token and write the group ("admin") into its groups.',
  ],
  insufficient_scope: [
    "Guard",
    "The token is good. The route asks for a scope, and the access token does not have it, or there is no access token.",
    'Choose "Access token" above and sign in as a user who has the scope, or mint an access token with it.',
  ],
  forbidden: ["Guard", "The token is good. A check of the application itself said no.", "Try another user."],
  credentials_denied: [
    "Credentials",
    "The token is good. The identity pool did not accept it and gave no AWS credentials.",
    "Mint a token without a fault, or set the API's clock right.",
  ],
  jwks_unavailable: [
    "Verify",
    "The API has no keys to verify the token with, and could not fetch them. That is not the token's fault: 503, not 401.",
    UPSTREAM,
  ],
  credentials_unavailable: [
    "Credentials",
    "The token is good. AWS credentials could not be fetched right now. That is not the user's fault: 503, not 403.",
    UPSTREAM,
  ],
  store_unavailable: ["Verify", "The store of sessions could not be asked.", "This API has none: try again."],
  misconfigured: [
    "Credentials",
    "The API is set up wrongly. The client is told no more than that.",
    "Look at the terminal.",
  ],
};

/** Whether a text is a code of the error table. */
export function isErrorCode(value: unknown): value is AuthErrorCode {
  return typeof value === "string" && Object.hasOwn(ERROR_TABLE, value);
}

/**
 * A refusal in plain words.
 *
 * @param code as the answer names it
 * @param refusal the error itself, where the session came to nothing: it knows more than clients are told
 */
export function explain(code: AuthErrorCode, refusal: AuthError | undefined): Explanation {
  const [step, check, here] = TEXTS[code];
  const own = refusal?.code === code ? refusal : undefined;
  const facts = [
    ...(own?.claim === undefined ? [] : [`The claim is \`${own.claim}\`.`]),
    ...(own?.cause instanceof UpstreamFailure ? [`${own.cause.message}.`] : []),
  ];
  const change = own?.recoverySuggestion ?? ERROR_TABLE[code].recoverySuggestion;
  return { step, check: [check, ...facts].join(" "), change, here };
}
