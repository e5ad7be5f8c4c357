import { expect } from "chai";

/** A request to the app. */
export interface Question {
  readonly bearer?: string;
  readonly idToken?: string;
  /** Text to PUT; without it the request is a GET. */
  readonly content?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export async function ask(url: string, { bearer, idToken, content }: Question): Promise<Answer> {
  const headers = new Headers();
  if (bearer !== undefined) headers.set("Authorization", `Bearer ${bearer}`);
  if (idToken !== undefined) headers.set("X-Id-Token", idToken);
  const put = content === undefined ? {} : { method: "PUT", body: content };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(20_000), ...put });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A refusal's status, code and `WWW-Authenticate` error, together. */
export function expectRefused(answer: Answer, status: number, code: string, challenge: string): void {
  expect(answer.body).to.include({ status, code });
  expect(answer.status).to.equal(status);
  expect(answer.headers.get("content-type")).to.match(/^application\/problem\+json/);
  expect(answer.headers.get("www-authenticate")).to.match(/^Bearer realm="api"/);
  expect(answer.headers.get("www-authenticate")).to.include(`error="${challenge}"`);
}
