import { IncomingMessage, ServerResponse, STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import { expect } from "chai";
import {
  type AuthErrorCode,
  type AuthSession,
  authErrorHandler,
  authSession,
  type RequestHandler,
  type SessionManager,
} from "cognito-auth-session";
import { ERROR_TABLE, type ErrorRow } from "../../../src/errors/table.js";
import { parseChallenge } from "../../support/challenge.js";

/** What a client gets. */
export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The session behind a 200, where there was no socket between. */
  readonly session?: AuthSession;
}

/** Header lines, in order. */
export type Lines = readonly (readonly [name: string, value: string])[];

const NOWHERE = new Socket();
const handleError = authErrorHandler();

/** Keeps what it should send. */
class Recorder extends ServerResponse {
  #sent = "";

  override end(...args: unknown[]): this {
    if (typeof args[0] === "string") this.#sent = args[0];
    return this;
  }

  get answer(): Answer {
    const headers = Object.entries(this.getHeaders()).map(([name, value]) => [name.toLowerCase(), String(value)]);
    return { status: this.statusCode, headers: Object.fromEntries(headers), body: this.#sent };
  }
}

/** A request as Node would make it of these lines: spaces around values cut, the first `Authorization` kept. */
export function requestOf(lines: Lines): IncomingMessage {
  const request = new IncomingMessage(NOWHERE);
  const headers: Record<string, string> = {};
  const trimmed = lines.map(([name, value]) => [name, value.replace(/^[ \t]+|[ \t]+$/g, "")] as const);
  for (const [name, value] of trimmed) {
    const key = name.toLowerCase();
    const before = headers[key];
    if (before === undefined) headers[key] = value;
    else if (key !== "authorization") headers[key] = `${before}${key === "cookie" ? "; " : ", "}${value}`;
  }
  request.rawHeaders = trimmed.flat();
  request.headers = headers;
  return request;
}

/** Sends a request through the middleware, then through guards, and what comes of it through the error handler. */
export function ask(manager: SessionManager, lines: Lines, ...guards: RequestHandler[]): Promise<Answer> {
  const request = requestOf(lines);
  const response = new Recorder(request);
  return new Promise((resolve, reject) => {
    const steps = [authSession(manager), ...guards];
    const next = (error?: unknown): void => {
      if (error !== undefined) {
        handleError(error, request, response, reject);
        resolve(response.answer);
        return;
      }
      const step = steps.shift();
      if (step === undefined) {
        // The middleware let the request pass, so it set the session.
        const { authSession: session } = request as IncomingMessage & { authSession: AuthSession };
        resolve({ ...response.answer, session });
      } else step(request, response, next);
    };
    next();
  });
}

/** The bearer token's line, and the ID token's if there is one. */
export function linesOf(bearer: string, idToken?: string): Lines {
  const second = idToken === undefined ? [] : [["X-Id-Token", idToken] as const];
  return [["Authorization", `Bearer ${bearer}`], ...second];
}

/** Sees to it that an answer is, word for word, a row of the error table, and no fault of ours. */
export function expectTableRow({ status, headers, body }: Answer, realm = "api"): AuthErrorCode {
  const problem = JSON.parse(body) as { code: AuthErrorCode; name: string };
  const row: ErrorRow | undefined = Object.hasOwn(ERROR_TABLE, problem.code) ? ERROR_TABLE[problem.code] : undefined;
  if (row === undefined) throw new Error(`No row of the error table: ${body}`);
  const { code, name } = problem;
  expect(problem).to.deep.equal({
    status: row.status,
    title: STATUS_CODES[row.status],
    detail: row.detail,
    code,
    name,
  });
  expect(row.names).to.include(name);
  expect(status).to.equal(row.status);
  expect(headers["content-type"]).to.match(/^application\/problem\+json(?:;|$)/);
  expect(headers["cache-control"]).to.equal("no-store");
  expect(headers["content-length"]).to.equal(String(Buffer.byteLength(body)));
  const challenge = parseChallenge(headers["www-authenticate"]);
  const { error, scope: _scope, ...rest } = challenge?.parameters ?? {};
  expect(challenge?.scheme).to.equal(row.challenge === undefined ? undefined : "Bearer");
  expect(error).to.equal(row.challenge === "bare" ? undefined : row.challenge);
  if (challenge !== undefined) {
    expect(rest).to.deep.equal({ realm, ...(error === undefined ? {} : { error_description: row.detail }) });
  }
  return code;
}

/** As {@link expectTableRow}, where everything upstream is well: then no fault of a token is a 5xx. */
export function expectTokenFault(answer: Answer): AuthErrorCode {
  expect(answer.status, answer.body).to.be.oneOf([400, 401]);
  return expectTableRow(answer);
}

const GRAM = 12;

/** Sees to it that nothing that was sent comes back: no twelve characters in a row. */
export function expectNoEcho({ headers, body }: Answer, sent: readonly string[]): void {
  const text = `${Object.entries(headers).flat().join("\n")}\n${body}`;
  const grams = new Set(Array.from({ length: text.length - GRAM + 1 }, (_, at) => text.slice(at, at + GRAM)));
  for (const value of sent) {
    for (let at = 0; at + GRAM <= value.length; at += 1) {
      if (grams.has(value.slice(at, at + GRAM))) throw new Error(`The answer holds ${value.slice(at, at + GRAM)}`);
    }
  }
}
