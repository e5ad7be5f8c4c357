import { STATUS_CODES } from "node:http";
import { expect } from "chai";
import type { AuthErrorCode } from "cognito-auth-session";
import { ERROR_TABLE, type ErrorRow } from "../../src/errors/table.js";
import { parseChallenge } from "./challenge.js";

/** What is looked at of an answer, whichever client it came through. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** The body, parsed as JSON. */
  readonly body: unknown;
}

/** What a refusal says beyond its row of the error table. */
export interface RefusalDetails {
  readonly name?: string | undefined;
  readonly scope?: string | undefined;
  readonly realm?: string | undefined;
}

/** Status, body, challenge and other headers of a refusal, together: all of it as the error table says. */
export function expectRefusal(response: Answer, code: AuthErrorCode, details: RefusalDetails = {}): void {
  const row: ErrorRow = ERROR_TABLE[code];
  expect(response.body, `${response.status} ${response.text.slice(0, 200)}`).to.deep.equal({
    status: row.status,
    title: STATUS_CODES[row.status],
    detail: row.detail,
    code,
    name: details.name ?? row.names[0],
  });
  expectRefusalHead(response, code, details);
}

/** The same without the body, which an answer to HEAD does not have. */
export function expectRefusalHead(
  response: Pick<Answer, "status" | "headers">,
  code: AuthErrorCode,
  details: RefusalDetails = {},
): void {
  const row: ErrorRow = ERROR_TABLE[code];
  expect(response.status).to.equal(row.status);
  expect(response.headers["content-type"]).to.match(/^application\/problem\+json/);
  expect(response.headers["cache-control"]).to.equal("no-store");
  expect(parseChallenge(response.headers["www-authenticate"])).to.deep.equal(challengeOf(row, details));
  if (row.status === 503) expect(response.headers["retry-after"]).to.match(/^[1-9]\d*$/);
  else expect(response.headers).not.to.have.property("retry-after");
}

function challengeOf(row: ErrorRow, { scope, realm = "api" }: RefusalDetails) {
  if (row.challenge === undefined) return undefined;
  const error = row.challenge === "bare" ? {} : { error: row.challenge, error_description: row.detail };
  return { scheme: "Bearer", parameters: { realm, ...error, ...(scope === undefined ? {} : { scope }) } };
}
