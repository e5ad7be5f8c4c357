import { STATUS_CODES } from "node:http";
import { expect } from "chai";
import type { AuthErrorCode } from "cognito-auth-session";
import type { Response } from "supertest";
import { ERROR_TABLE, type ErrorRow } from "../../src/errors/table.js";
import { parseChallenge } from "./challenge.js";

/** Status, body, challenge and other headers of a refusal, together: all of it as the error table says. */
export function expectRefusal(
  response: Response,
  code: AuthErrorCode,
  details: { name?: string; scope?: string; realm?: string } = {},
): void {
  const row: ErrorRow = ERROR_TABLE[code];
  expect(response.body, `${response.status} ${response.text.slice(0, 200)}`).to.deep.equal({
    status: row.status,
    title: STATUS_CODES[row.status],
    detail: row.detail,
    code,
    name: details.name ?? row.names[0],
  });
  expect(response.status).to.equal(row.status);
  expect(response.headers["content-type"]).to.match(/^application\/problem\+json/);
  expect(response.headers["cache-control"]).to.equal("no-store");
  expect(parseChallenge(response.headers["www-authenticate"])).to.deep.equal(challengeOf(row, details));
  if (row.status === 503) expect(response.headers["retry-after"]).to.match(/^[1-9]\d*$/);
  else expect(response.headers).not.to.have.property("retry-after");
}

function challengeOf(row: ErrorRow, { scope, realm = "api" }: { scope?: string; realm?: string }) {
  if (row.challenge === undefined) return undefined;
  const error = row.challenge === "bare" ? {} : { error: row.challenge, error_description: row.detail };
  return { scheme: "Bearer", parameters: { realm, ...error, ...(scope === undefined ? {} : { scope }) } };
}
