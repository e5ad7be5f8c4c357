import { createServer, type RequestListener, type ServerOptions } from "node:http";
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from "node:https";
import { connect, createServer as createRawServer, type Server, type Socket } from "node:net";

/** Runs something against a real server on a free port, and closes it. */
export async function withServer<T>(
  listener: RequestListener,
  run: (port: number) => Promise<T>,
  options: ServerOptions = {},
): Promise<T> {
  const server = createServer(options, listener);
  return whileListening(server, run, () => server.closeAllConnections());
}

/** As `withServer`, over TLS. */
export async function withTlsServer<T>(
  listener: RequestListener,
  run: (port: number) => Promise<T>,
  options: TlsServerOptions,
): Promise<T> {
  const server = createTlsServer(options, listener);
  return whileListening(server, run, () => server.closeAllConnections());
}

/** As `withServer`, for answers that no HTTP server would give. */
export async function withRawServer<T>(
  onSocket: (socket: Socket) => void,
  run: (port: number) => Promise<T>,
): Promise<T> {
  const sockets = new Set<Socket>();
  const server = createRawServer((socket) => {
    sockets.add(socket);
    // Clients leave in the middle here.
    socket.on("error", () => {});
    onSocket(socket);
  });
  return whileListening(server, run, () => {
    for (const socket of sockets) socket.destroy();
  });
}

async function whileListening<T>(
  server: Server,
  run: (port: number) => Promise<T>,
  disconnect: () => void,
): Promise<T> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  try {
    return await run(address.port);
  } finally {
    disconnect();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Sends header lines as they are, which no HTTP client would, and gives back status and body. */
export async function sendRaw(
  port: number,
  headerLines: readonly (string | Buffer)[],
  path = "/me",
): Promise<{ status: number; text: string }> {
  const socket = connect(port, "127.0.0.1");
  const lines = [`GET ${path} HTTP/1.1`, "Host: localhost", ...headerLines, "Connection: close", "", ""];
  for (const line of lines.slice(0, -1)) {
    socket.write(line);
    socket.write("\r\n");
  }
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString("latin1");
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text };
}
