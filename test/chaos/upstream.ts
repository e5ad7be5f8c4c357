import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";

/** The calls that the package makes. */
export type Operation = "JWKS" | "GetId" | "GetCredentialsForIdentity";

/** What a service answered. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Spoils an answer on its way: faults of the wire, which a service cannot act out by itself. */
export type WireFault = (answer: UpstreamAnswer, response: ServerResponse) => void;

/** A wire between the app and a service on loopback. It passes everything on, until it is told to spoil an operation. */
export class Upstream {
  readonly #server: Server;
  readonly #target: string;
  readonly #faults = new Map<Operation, WireFault>();
  #port = 0;
  #underWay = 0;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((incoming, response) => {
      this.#underWay += 1;
      response.once("close", () => {
        this.#underWay -= 1;
      });
      this.#relay(incoming, response).catch(() => response.socket?.resetAndDestroy());
    });
  }

  static async to(target: string): Promise<Upstream> {
    const upstream = new Upstream(target);
    await upstream.accept();
    return upstream;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How many calls are being answered. */
  get underWay(): number {
    return this.#underWay;
  }

  spoil(operation: Operation, fault: WireFault): void {
    this.#faults.set(operation, fault);
  }

  heal(): void {
    this.#faults.clear();
  }

  /** Takes connections, after {@link refuse} at the same port as before. */
  async accept(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(this.#port, "127.0.0.1", () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    const address = this.#server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
  }

  /** Cuts all connections and refuses new ones. */
  async refuse(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #relay(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#ask(incoming, response);
    const fault = this.#faults.get(operationOf(incoming));
    if (fault !== undefined) fault(answer, response);
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  #ask(incoming: IncomingMessage, response: ServerResponse): Promise<UpstreamAnswer> {
    const { method = "GET", url = "/", headers } = incoming;
    return new Promise((resolve, reject) => {
      const outgoing = request(`${this.#target}${url}`, { method, headers, agent: false }, (given) => {
        readAll(given).then(
          (body) => resolve({ status: given.statusCode ?? 0, headers: ownHeaders(given), body }),
          reject,
        );
      });
      outgoing.once("error", reject);
      // Who hangs up here hangs up there.
      response.once("close", () => outgoing.destroy());
      incoming.pipe(outgoing);
    });
  }
}

function operationOf({ headers, url = "" }: IncomingMessage): Operation {
  if (url.endsWith("/jwks.json")) return "JWKS";
  return String(headers["x-amz-target"]).endsWith(".GetId") ? "GetId" : "GetCredentialsForIdentity";
}

/** What describes the body; what describes the connection is the wire's own. */
function ownHeaders({ headers }: IncomingMessage): Record<string, string> {
  const kept = ["content-type", "x-amzn-requestid", "x-amzn-errortype", "x-amzn-errormessage"];
  return Object.fromEntries(
    kept.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
