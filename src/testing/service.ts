import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Fault, Faults } from "./faults.js";
import { queryProtocol } from "./query-protocol.js";
import { ServiceError, textOf } from "./service-error.js";

const MAX_BODY_BYTES = 1024 * 1024;
const HTML =
  "<!doctype html><html><head><title>Service Unavailable</title></head><body>Service Unavailable</body></html>";

/** An operation of the AWS JSON protocol: from the request's fields to the answer's. */
export type Operation = (input: Readonly<Record<string, unknown>>) => object;

/** What a service answers: documents by path, operations by name. */
export interface ServiceContent {
  readonly documents: Readonly<Record<string, { readonly operation: string; read(): object }>>;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** An HTTP server on loopback that speaks the AWS JSON 1.1 protocol, and STS' query protocol, with faults on demand. */
export class LocalService {
  readonly faults = new Faults();
  readonly #server: Server;
  #content: ServiceContent = { documents: {}, operations: {} };

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.keepAliveTimeout = 60_000;
  }

  /** @returns the service's origin, `http://127.0.0.1:PORT` */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(port, "127.0.0.1", resolve);
    });
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("The local service has no address.");
    return `http://127.0.0.1:${address.port}`;
  }

  /** The names of everything that can be asked for. */
  get operations(): readonly string[] {
    const { documents, operations } = this.#content;
    return [...Object.values(documents).map(({ operation }) => operation), ...Object.keys(operations)];
  }

  serve(content: ServiceContent): void {
    this.#content = content;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    const document = Object.hasOwn(this.#content.documents, pathname) ? this.#content.documents[pathname] : undefined;
    const body = await readBody(request);
    const form = queryProtocol.read(request, body);
    const operation = document?.operation ?? (form === undefined ? targetOf(request) : String(form.Action));
    const fault = this.faults.take(operation);
    if (fault?.delay !== undefined && !(await pause(fault.delay, response))) return;
    if (fault !== undefined && answerFault(fault, operation, response)) return;
    if (document !== undefined) return send(response, 200, document.read(), "application/json");
    try {
      if (form === undefined) send(response, 200, this.#perform(operation, readInput(body)));
      else sendXml(response, 200, queryProtocol.write(operation, this.#perform(operation, form)));
    } catch (error) {
      const known = error instanceof ServiceError ? error : new ServiceError("InternalErrorException");
      if (form === undefined) sendError(response, known);
      else sendXml(response, known.status, queryProtocol.writeError(known));
    }
  }

  #perform(name: string, input: Readonly<Record<string, unknown>>): object {
    const operation = Object.hasOwn(this.#content.operations, name) ? this.#content.operations[name] : undefined;
    if (operation === undefined) throw new ServiceError("UnknownOperationException", "");
    return operation(input);
  }
}

/** Waits, unless the client goes first. Returns whether it is still there. */
async function pause(delayMs: number, response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = Number.isFinite(delayMs) ? setTimeout(() => resolve(true), delayMs) : undefined;
    response.once("close", () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

function answerFault({ error, status, body, reset }: Fault, operation: string, response: ServerResponse): boolean {
  if (reset) response.socket?.resetAndDestroy();
  else if (error !== undefined) {
    const asked = new ServiceError(error, textOf(error, operation), status);
    if (operation === "AssumeRoleWithWebIdentity") sendXml(response, asked.status, queryProtocol.writeError(asked));
    else sendError(response, asked);
  } else if (status !== undefined || body !== undefined) {
    const isHtml = body === undefined || body.startsWith("<");
    response
      .writeHead(status ?? 200, { "Content-Type": isHtml ? "text/html" : "application/x-amz-json-1.1" })
      .end(body ?? HTML);
  } else return false;
  return true;
}

/** `X-Amz-Target: AWSCognitoIdentityService.GetId` */
function targetOf({ headers }: IncomingMessage): string {
  const target = headers["x-amz-target"];
  return typeof target === "string" ? target.slice(target.indexOf(".") + 1) : "";
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > MAX_BODY_BYTES) throw new Error("The request is too large.");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readInput(body: string): Readonly<Record<string, unknown>> {
  try {
    const input: unknown = JSON.parse(body);
    if (typeof input === "object" && input !== null) return Object.fromEntries(Object.entries(input));
  } catch {
    // Answered below, as the service answers what it cannot read.
  }
  throw new ServiceError("SerializationException", "");
}

function sendError(response: ServerResponse, { type, message, status }: ServiceError): void {
  response.setHeader("x-amzn-ErrorType", `${type}:`);
  response.setHeader("x-amzn-ErrorMessage", message);
  send(response, status, { __type: type, message });
}

function sendXml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "Content-Type": queryProtocol.contentType, "x-amzn-RequestId": randomUUID() }).end(body);
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  contentType = "application/x-amz-json-1.1",
): void {
  response
    .writeHead(status, { "Content-Type": contentType, "x-amzn-RequestId": randomUUID() })
    .end(JSON.stringify(body));
}
