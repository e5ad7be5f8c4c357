import { AuthError } from "../../errors/auth-error.js";
import { SessionManager } from "../../session/manager.js";
import type { AuthSession } from "../../session/types.js";
import { decodeJWT } from "../../tokens/decode.js";
import { failureOf } from "../finding.js";
import { KIND } from "../judge-token.js";
import { readableTime } from "../times.js";
import type { Check, Examination } from "./check.js";

/** What became of the token: lines, and where it was taken the session and the engine to go on with. */
export interface TokenChecks {
  readonly checks: readonly Check[];
  readonly session?: AuthSession;
  readonly sessions?: SessionManager;
}

/** The token against the configured pool and app client, then as the middleware would. */
export async function checkToken(examination: Examination, token: string): Promise<TokenChecks> {
  const { found, wait, clock } = examination;
  let checks: Check[] = [];
  const sessions = new SessionManager({ ...found.options, credentials: "lazy" }, { clock });
  try {
    checks = [judgeClient(examination, token)];
    const request = new Request("http://localhost/", { headers: { authorization: `Bearer ${token}` } });
    const session = await wait("Verifying the token", sessions.getSession(request));
    checks.push({ id: "token", status: "pass", message: describe(session, clock()) });
    return { checks, session, sessions };
  } catch (error) {
    await sessions.close();
    if (!(error instanceof AuthError)) throw error;
    return { checks: [...checks, { id: "token", ...failureOf("The middleware refuses the token", error) }] };
  }
}

/** @throws {AuthError} for what is no token */
function judgeClient({ pool }: Examination, token: string): Check {
  const id = "client";
  const { payload } = decodeJWT(token);
  if (typeof payload.iss !== "string" || !pool.issuers.includes(payload.iss)) {
    return {
      id,
      status: "fail",
      message: "The token was issued by another user pool: its `iss` is not the configured issuer.",
      fix: "Compare the `iss` that `cognito-auth-session decode` shows with the user pool's id and Region.",
    };
  }
  const claim = payload.token_use === "id" ? "aud" : "client_id";
  const client: unknown = payload[claim];
  if (pool.clientIds === undefined || (typeof client === "string" && pool.clientIds.has(client))) {
    return { id, status: "pass", message: "The token is of this user pool and of a configured app client." };
  }
  return {
    id,
    status: "fail",
    message: `The token was issued to another app client: its \`${claim}\` is not configured.`,
    fix: `If tokens of that client are to be taken, add the \`${claim}\` that \`cognito-auth-session decode\` shows to \`clientId\` (COGNITO_CLIENT_ID).`,
  };
}

function describe({ tokens }: AuthSession, nowMs: number): string {
  const expires = readableTime((tokens?.accessToken ?? tokens?.idToken)?.payload.exp, nowMs)?.relative;
  const kind = tokens?.accessToken === undefined ? KIND.id : KIND.access;
  return `The middleware takes the token: ${kind} that expires ${expires ?? "some day"}.`;
}
