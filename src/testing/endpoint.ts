import type { IncomingHttpHeaders } from "node:http";
import type { Fault } from "./faults.js";

/** A request to an endpoint, read. */
export interface EndpointRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** The fields of the form that came; none where no form came. */
  readonly form: URLSearchParams;
}

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What an endpoint throws to answer with a refusal. */
export class Refusal extends Error {
  constructor(readonly answer: Answer) {
    super(`Refused with status ${answer.status}.`);
  }
}

/** An HTTP endpoint, as OAuth 2.0 has them: a path of its own, answers of its own. */
export interface Endpoint {
  /** The name for `fail()` and `requests()`. */
  readonly operation: string;
  /** Whether scripts of other origins may call it. */
  readonly isShared: boolean;
  readonly methods: Readonly<Record<string, (request: EndpointRequest) => Answer>>;
  /** How it answers when it is told to fail with an error of this name. */
  fail(request: EndpointRequest, error: string, status: number | undefined): Answer;
}

/** The answer to a request that is none of the endpoint's own: another method, or a browser that asks first. */
export function answerMethod({ methods, isShared }: Endpoint, method: string): Answer | undefined {
  if (Object.hasOwn(methods, method)) return undefined;
  const names = Object.keys(methods).join(", ");
  if (method !== "OPTIONS" || !isShared) return { status: 405, headers: { Allow: names }, body: "" };
  const headers = { "Access-Control-Allow-Methods": names, "Access-Control-Allow-Headers": "*, Authorization" };
  return { status: 204, headers, body: "" };
}

export function answerEndpoint(endpoint: Endpoint, request: EndpointRequest, fault: Fault | undefined): Answer {
  try {
    if (fault?.error !== undefined) return endpoint.fail(request, fault.error, fault.status);
    const answer = endpoint.methods[request.method]?.(request);
    return answer ?? { status: 405, headers: {}, body: "" };
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

/** An OAuth 2.0 answer: JSON that nobody keeps (RFC 6749 section 5.1). */
export function oauthAnswer(status: number, body: object): Answer {
  const headers = { "Content-Type": "application/json;charset=UTF-8", "Cache-Control": "no-store", Pragma: "no-cache" };
  return { status, headers, body: JSON.stringify(body) };
}

/** An error of the token endpoint's (RFC 6749 section 5.2). The real service answers 400 to all of them. */
export function oauthError(error: string, status = 400): Answer {
  return oauthAnswer(status, { error });
}

/** Leads a browser to a URL with more parameters; undefined ones are left out. */
export function redirect(
  url: string,
  parameters: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const target = new URL(url);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) target.searchParams.set(name, value);
  }
  return { status: 302, headers: { Location: target.href, "Cache-Control": "no-store", ...headers }, body: "" };
}

/** A parameter that comes twice means whatever one likes (RFC 6749 section 3.1), so it is refused. */
export function isRepeated(parameters: URLSearchParams, name: string): boolean {
  return parameters.getAll(name).length > 1;
}
