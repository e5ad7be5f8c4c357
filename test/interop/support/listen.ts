import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on loopback whose address is known before it is known what it answers. */
export interface Listening {
  readonly origin: string;
  serve(listener: RequestListener): void;
  stop(): Promise<void>;
}

export async function listen(): Promise<Listening> {
  let listener: RequestListener = (_request, response) => void response.writeHead(503).end();
  const server = createServer((request, response) => listener(request, response));
  // A client that reuses a connection just as it is closed would see a failure that is none of ours.
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    // Of a server that listens on a port this is an address.
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (given) => {
      listener = given;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
