import type { AuthError } from "../errors/auth-error.js";
import type { Paint, Terminal } from "./terminal.js";

/** What a check came to. */
export interface Finding {
  readonly status: "pass" | "warn" | "fail";
  readonly message: string;
  /** What to do about it; every failure has one. */
  readonly fix?: string;
  /** This package's error code, where there is one. */
  readonly code?: string;
}

const PAINTS: Readonly<Record<Finding["status"], Paint>> = { pass: "green", warn: "yellow", fail: "red" };

/** A finding, as one line, and one for the fix. */
export function showFinding(terminal: Terminal, { status, message, fix }: Finding): void {
  terminal.sentence(`${terminal.paint(PAINTS[status], status)}  `, 6, message);
  if (fix !== undefined) terminal.sentence(`      ${terminal.paint("bold", "Fix:")} `, 11, fix);
}

/** What to do about a claim, for somebody who has the token and the configuration at hand. */
const ANOTHER_POOL =
  "The token is another user pool's. Compare its `iss` with the user pool's id, Region and `issuer`.";
const ANOTHER_CLIENT = "The token is another app client's. If it is to be taken, add that client (COGNITO_CLIENT_ID).";
const TIME = "Check this machine's clock, and give the token exactly as Cognito issued it.";
const CLAIM_FIXES: ReadonlyMap<string, string> = new Map([
  ["iss", ANOTHER_POOL],
  ["aud", ANOTHER_CLIENT],
  ["client_id", ANOTHER_CLIENT],
  ["token_use", "Give an access token or an ID token: nothing else is taken."],
  ["exp", TIME],
  ["nbf", TIME],
  ["iat", TIME],
]);
const ANOTHER_CLAIM = "Give a token exactly as Cognito issued it.";

/** A refusal, with what is known of it. All of that is our own words: nothing of an answer or a token. */
export function failureOf(what: string, error: AuthError): Finding {
  const { code, message, claim, cause, recoverySuggestion } = error;
  const upstream = cause === undefined ? "" : ` ${cause.message}.`;
  const named = claim === undefined ? "" : ` The claim is \`${claim}\`.`;
  const fix = claim === undefined ? recoverySuggestion : (CLAIM_FIXES.get(claim) ?? ANOTHER_CLAIM);
  return { status: "fail", message: `${what}: ${message}${named}${upstream}`, fix, code };
}
