// AWS Lambda behind API Gateway (HTTP API, payload version 2.0) or a Function URL.
import { type AuthSessionOptions, authErrorResponse, authSession, requireGroup } from "cognito-auth-session/fetch";

/** What is read of an event: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export interface HttpEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly requestContext: { readonly domainName: string; readonly http: { readonly method: string } };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/** An answer in payload version 2.0. */
export interface HttpResult {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly cookies: string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** Made once for each instance, outside the handler: its caches outlive the request. */
export function createHandler(options?: AuthSessionOptions) {
  const sessionOf = authSession(options);
  const admins = requireGroup("admin");

  const route = async (request: Request): Promise<Response> => {
    const session = await sessionOf(request);
    switch (`${request.method} ${new URL(request.url).pathname}`) {
      case "GET /me":
        return Response.json(session.getUserInfo() ?? null);
      case "PUT /notice":
        await admins(session, request);
        return new Response(await request.text(), { status: 201 });
      default:
        return new Response(null, { status: 404 });
    }
  };

  return async (event: HttpEvent): Promise<HttpResult> => {
    const request = toRequest(event);
    if (request === undefined) return toResult(new Response(null, { status: 400 }));
    return toResult(await route(request).catch((error: unknown) => authErrorResponse(error)));
  };
}

/** Undefined for what Fetch knows no request for: the method TRACE, headers beyond latin-1. */
export function toRequest(event: HttpEvent): Request | undefined {
  try {
    return makeRequest(event);
  } catch {
    return undefined;
  }
}

/** API Gateway joins headers of one name with commas; two tokens that came so are refused. */
function makeRequest(event: HttpEvent): Request {
  const { rawPath, rawQueryString, cookies = [], headers: given, requestContext, body, isBase64Encoded } = event;
  const { domainName, http } = requestContext;
  const headers = new Headers(
    Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  if (cookies.length > 0) headers.set("cookie", cookies.join("; "));
  const query = rawQueryString === "" ? "" : `?${rawQueryString}`;
  const hasBody = body !== undefined && http.method !== "GET" && http.method !== "HEAD";
  return new Request(`https://${domainName}${rawPath}${query}`, {
    method: http.method,
    headers,
    ...(hasBody && { body: isBase64Encoded ? Buffer.from(body, "base64") : body }),
  });
}

const TEXT = /^(?:text\/|application\/(?:[\w.+-]+\+)?(?:json|xml)\s*(?:;|$))/i;

/** Text as text, anything else in base64. */
export async function toResult(answer: Response): Promise<HttpResult> {
  const bytes = Buffer.from(await answer.arrayBuffer());
  const isText =
    !answer.headers.has("content-encoding") && TEXT.test(answer.headers.get("content-type") ?? "text/plain");
  const cookies = answer.headers.getSetCookie();
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => name !== "set-cookie"));
  const body = bytes.toString(isText ? "utf8" : "base64");
  return { statusCode: answer.status, headers, cookies, body, isBase64Encoded: !isText };
}

/** What Lambda calls: `handler` of this module, with the pool in the function's environment. */
let handle: ReturnType<typeof createHandler> | undefined;
export const handler = (event: HttpEvent): Promise<HttpResult> => {
  handle ??= createHandler();
  return handle(event);
};
