import type { ServerResponse } from "node:http";
import type { AuthErrorCode } from "cognito-auth-session";
import type { Fault } from "cognito-auth-session/testing";
import type { Operation, UpstreamAnswer, WireFault } from "./upstream.js";

/** One way for an upstream call to fail. */
export interface ChaosFault {
  readonly name: string;
  /** What it happens to. */
  readonly operations: readonly Operation[];
  /** Acted out by the service. */
  readonly service?: Fault;
  /** Acted out on the wire. */
  readonly wire?: WireFault;
  /** The whole endpoint is gone, not one operation of it. */
  readonly refuses?: true;
  /** What the identity pool's failing comes to, where it is not an outage. */
  readonly code?: AuthErrorCode;
  /** The exception that callers are told of. */
  readonly exception?: string;
}

const IDENTITY_POOL: readonly Operation[] = ["GetId", "GetCredentialsForIdentity"];
const ALL: readonly Operation[] = ["JWKS", ...IDENTITY_POOL];
const DRIP_MS = 20;
/** Not by `repeat()`, which takes the memory at the first use and would look like a leak. */
const TEN_MEGABYTES = Buffer.alloc(10_000_000, "x").toString("latin1");

const exception = (name: string, code?: AuthErrorCode): Omit<ChaosFault, "name"> => ({
  operations: IDENTITY_POOL,
  service: { error: name },
  exception: name,
  ...(code === undefined ? {} : { code }),
});

export const FAULTS: readonly ChaosFault[] = [
  { name: "hangs", operations: ALL, service: { delay: Number.POSITIVE_INFINITY } },
  { name: "resets the connection", operations: ALL, service: { reset: true } },
  { name: "drips slowly", operations: ALL, wire: drip },
  { name: "cuts the body off", operations: ALL, wire: cutOff },
  { name: "promises a longer body", operations: ALL, wire: promise(100) },
  { name: "promises a shorter body", operations: ALL, wire: promise(-10) },
  { name: "redirects", operations: ALL, wire: redirect },
  { name: "throttles (429 page)", operations: ALL, service: { status: 429 } },
  { name: "throttles (exception)", ...exception("TooManyRequestsException") },
  { name: "answers 500 (page)", operations: ALL, service: { status: 500 } },
  { name: "answers 500 (exception)", ...exception("InternalErrorException") },
  { name: "answers 503 (page)", operations: ALL, service: { status: 503 } },
  {
    name: "answers HTML with 200",
    operations: ALL,
    service: { body: "<html><body>Sign in to the network</body></html>" },
  },
  { name: "answers empty JSON", operations: ALL, service: { body: "{}" } },
  { name: "answers an empty body", operations: ALL, service: { body: "" } },
  { name: "answers 10 MB", operations: ALL, service: { body: TEN_MEGABYTES } },
  { name: "refuses the connection", operations: ["JWKS", "GetId"], refuses: true },
  { name: "forbids (403 page), keys", operations: ["JWKS"], service: { status: 403 } },
  { name: "forbids (403 page), user", operations: IDENTITY_POOL, service: { status: 403 }, code: "credentials_denied" },
  { name: "refuses the user", ...exception("NotAuthorizedException", "credentials_denied") },
];

function drip({ status, headers, body }: UpstreamAnswer, response: ServerResponse): void {
  response.writeHead(status, { ...headers, "Content-Length": body.byteLength });
  let sent = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(sent, sent + 1));
    sent += 1;
    if (sent === body.byteLength) response.end();
  }, DRIP_MS);
  response.once("close", () => clearInterval(timer));
}

function cutOff({ status, headers, body }: UpstreamAnswer, response: ServerResponse): void {
  response.writeHead(status, { ...headers, "Content-Length": body.byteLength });
  response.write(body.subarray(0, body.byteLength / 2), () => response.destroy());
}

function promise(bytesMore: number): WireFault {
  return ({ status, headers, body }, response) => {
    response.writeHead(status, { ...headers, "Content-Length": body.byteLength + bytesMore });
    response.write(body);
  };
}

/** To where the answer is good: whoever follows is found out by being served. */
function redirect(_answer: UpstreamAnswer, response: ServerResponse): void {
  response.writeHead(302, { Location: `${response.req.url}?elsewhere` }).end();
}
