import { randomUUID } from "node:crypto";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { type Answer, answerEndpoint, answerMethod, type Endpoint } from "./endpoint.js";
import { type Fault, Faults } from "./faults.js";
import { queryProtocol } from "./query-protocol.js";
import { readBody, readInput, targetOf } from "./read-request.js";
import { ServiceError, textOf } from "./service-error.js";

const HTML =
  "<!doctype html><html><head><title>Service Unavailable</title></head><body>Service Unavailable</body></html>";

/** An operation of the AWS JSON protocol, or of STS: from the request's fields to the answer's. */
export type Operation = (input: Readonly<Record<string, unknown>>, headers: IncomingHttpHeaders) => object;

/** What a service answers: documents and endpoints by path, operations by name. */
export interface ServiceContent {
  readonly documents: Readonly<Record<string, { readonly operation: string; read(): object }>>;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly endpoints: Readonly<Record<string, Endpoint>>;
}

/**
 * An HTTP server on loopback that speaks the AWS JSON 1.1 protocol, STS' query protocol, and whatever its endpoints
 * speak, with faults on demand.
 */
export class LocalService {
  readonly faults = new Faults();
  readonly #server: Server;
  #content: ServiceContent = { documents: {}, operations: {}, endpoints: {} };

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
    const { documents, operations, endpoints } = this.#content;
    return [
      ...Object.values(documents).map(({ operation }) => operation),
      ...Object.keys(operations),
      ...Object.values(endpoints).map(({ operation }) => operation),
    ];
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
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    const { method = "GET", headers } = request;
    const document = find(this.#content.documents, pathname);
    const endpoint = find(this.#content.endpoints, pathname);
    const body = await readBody(request);
    // Browsers read these from pages of other origins, as they do at the real service.
    if (document !== undefined || endpoint?.isShared) response.setHeader("Access-Control-Allow-Origin", "*");
    const other = endpoint && answerMethod(endpoint, method);
    if (other !== undefined) return sendAnswer(response, other);
    const form = queryProtocol.read(request, body);
    const operation =
      endpoint?.operation ?? document?.operation ?? (form === undefined ? targetOf(request) : String(form.Action));
    const fault = this.faults.take(operation);
    if (fault?.delay !== undefined && !(await pause(fault.delay, response))) return;
    // An endpoint has its own way to say what went wrong.
    const isOwn = endpoint !== undefined && fault?.error !== undefined;
    if (fault !== undefined && !isOwn && answerFault(fault, operation, response)) return;
    if (endpoint !== undefined) {
      const fields = new URLSearchParams(form === undefined ? "" : body);
      const asked = { method, headers, query: searchParams, form: fields };
      return sendAnswer(response, answerEndpoint(endpoint, asked, fault));
    }
    if (document !== undefined) return send(response, 200, document.read(), "application/json");
    this.#answerOperation(operation, form, body, response);
  }

  #answerOperation(
    operation: string,
    form: Readonly<Record<string, unknown>> | undefined,
    body: string,
    response: ServerResponse,
  ): void {
    try {
      if (form === undefined) send(response, 200, this.#perform(operation, readInput(body), response.req.headers));
      else sendXml(response, 200, queryProtocol.write(operation, this.#perform(operation, form, response.req.headers)));
    } catch (error) {
      const known = error instanceof ServiceError ? error : new ServiceError("InternalErrorException");
      if (form === undefined) sendError(response, known);
      else sendXml(response, known.status, queryProtocol.writeError(known));
    }
  }

  #perform(name: string, input: Readonly<Record<string, unknown>>, headers: IncomingHttpHeaders): object {
    const operation = find(this.#content.operations, name);
    if (operation === undefined) throw new ServiceError("UnknownOperationException", "");
    return operation(input, headers);
  }
}

function find<T>(things: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(things, name) ? things[name] : undefined;
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

function sendError(response: ServerResponse, { type, message, status }: ServiceError): void {
  response.setHeader("x-amzn-ErrorType", `${type}:`);
  response.setHeader("x-amzn-ErrorMessage", message);
  send(response, status, { __type: type, message });
}

function sendAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, "x-amzn-RequestId": randomUUID() }).end(body);
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
