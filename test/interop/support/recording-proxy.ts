import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import { pipeline } from "node:stream";

/** One request that went through, and how it was answered. */
export interface Passage {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly answer: string;
}

/** Passes requests on to a server unchanged, and remembers them. */
export class RecordingProxy {
  readonly passages: Passage[] = [];
  readonly #server: Server;

  private constructor(private readonly target: string) {
    this.#server = createServer((incoming, outgoing) => this.#passOn(incoming, outgoing));
  }

  static async start(target: string): Promise<{ proxy: RecordingProxy; origin: string }> {
    const proxy = new RecordingProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    const address = proxy.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("The proxy has no address.");
    return { proxy, origin: `http://127.0.0.1:${address.port}` };
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  #passOn(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = "GET", url: path = "/", headers } = incoming;
    const body = collect(incoming);
    const onward = request(this.target + path, { method, headers }, (response) => {
      const answer = collect(response);
      // On "end", before the last byte is sent on: whoever has the answer finds the passage.
      response.on("end", () => this.passages.push({ method, path, headers, body: body(), answer: answer() }));
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      pipeline(response, outgoing, () => {});
    });
    onward.on("error", () => outgoing.destroy());
    pipeline(incoming, onward, () => {});
  }
}

/** What has come in of a message so far. */
function collect(message: IncomingMessage): () => string {
  const chunks: Buffer[] = [];
  message.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
