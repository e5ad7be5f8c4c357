// WebSockets: who calls is known before the connection is upgraded.
import { createServer, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import {
  type AuthSession,
  type AuthSessionOptions,
  authErrorResponse,
  requireGroup,
  SessionManager,
} from "cognito-auth-session/fetch";
import { type WebSocket, WebSocketServer } from "ws";
import { isMain, listen } from "./support/listen.js";

export function createApp(options?: AuthSessionOptions) {
  const sessions = new SessionManager(options);
  const members = requireGroup("chat");
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer((_request, response) => response.writeHead(426).end());

  server.on("upgrade", async (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    try {
      const session = await sessions.getSession(request);
      await members(session, request);
      sockets.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, session));
    } catch (error) {
      await refuse(socket, error);
    }
  });

  const serve = (webSocket: WebSocket, { username, tokens }: AuthSession) => {
    // A malformed frame is an error, and one that nobody listens to ends the process.
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("message", (data) => webSocket.send(`${username}: ${data}`));
    // A connection must not outlive the token that it was opened with, whatever the client does.
    const { exp = 0 } = (tokens?.accessToken ?? tokens?.idToken)?.payload ?? {};
    const expire = () => {
      webSocket.removeAllListeners("message");
      webSocket.close(4401, "token_expired");
      setTimeout(() => webSocket.terminate(), 1000).unref();
    };
    const timer = setTimeout(expire, exp * 1000 - Date.now());
    webSocket.on("close", () => clearTimeout(timer));
  };
  return server;
}

/** The answer of an error on a bare socket. */
async function refuse(socket: Duplex, error: unknown): Promise<void> {
  const { status, headers, body } = answerTo(error);
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  const text = body === null ? "" : await new Response(body).text();
  // Half of it would stay open for as long as the client likes.
  socket.once("finish", () => socket.destroy());
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "connection: close", "", text].join("\r\n"));
}

function answerTo(error: unknown): Response {
  try {
    return authErrorResponse(error);
  } catch {
    console.error(error);
    return new Response(null, { status: 500, headers: { "content-length": "0" } });
  }
}

if (isMain(import.meta.url)) {
  const { origin } = await listen(createApp());
  console.log(`Listening on ${origin.replace("http", "ws")}`);
}
