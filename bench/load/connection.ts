import { connect, type Socket } from "node:net";

const HEADERS_END = "\r\n\r\n";

/** What is done with an answer, and with a connection that breaks. */
export interface Listener {
  onAnswer(connection: Connection, status: string): void;
  onFailure(error: Error): void;
}

/**
 * One HTTP connection that is kept open, with one request on its way at a time. It reads no more of an answer than its
 * status and length: a client that does what `node:http` does is as slow as the servers, and would measure itself.
 */
export class Connection {
  readonly #socket: Socket;
  #partial: Buffer | undefined;
  #listener: Listener | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("The server closed a connection.")));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket));
      });
    });
  }

  send(request: Buffer, listener: Listener): void {
    this.#listener = listener;
    this.#socket.write(request);
  }

  close(): void {
    this.#listener = undefined;
    this.#socket.destroy();
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  #read(chunk: Buffer): void {
    const data = this.#partial === undefined ? chunk : Buffer.concat([this.#partial, chunk]);
    const length = lengthOf(data);
    if (Number.isNaN(length)) {
      this.#fail(new Error("An answer without Content-Length cannot be measured."));
      return;
    }
    if (length === undefined || data.length < length) {
      this.#partial = data;
      return;
    }
    this.#partial = undefined;
    const listener = this.#listener;
    this.#listener = undefined;
    // "HTTP/1.1 200 OK"
    listener?.onAnswer(this, data.toString("latin1", 9, 12));
  }

  #fail(error: Error): void {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#socket.destroy();
    listener?.onFailure(error);
  }
}

/** Bytes of the whole answer; undefined before all headers are there. */
function lengthOf(data: Buffer): number | undefined {
  const headers = data.indexOf(HEADERS_END);
  if (headers < 0) return undefined;
  const body = /\r\ncontent-length: *(\d+)/i.exec(data.toString("latin1", 0, headers))?.[1];
  return headers + HEADERS_END.length + Number(body);
}
