// No framework: plain node:http.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AuthSessionOptions, authErrorResponse, authSession, requireGroup } from "cognito-auth-session/fetch";
import { isMain, listen } from "./support/listen.js";

export function createApp(options?: AuthSessionOptions) {
  const sessionOf = authSession(options);
  const admins = requireGroup("admin");

  const route = async (request: IncomingMessage): Promise<Response> => {
    const session = await sessionOf(request);
    switch (`${request.method} ${request.url}`) {
      case "GET /me":
        return Response.json(session.getUserInfo());
      case "DELETE /cache":
        await admins(session, request);
        return new Response(null, { status: 204 });
      default:
        return new Response(null, { status: 404 });
    }
  };

  return createServer((request, response) => {
    route(request)
      .catch((error: unknown) => authErrorResponse(error)) // throws what is no AuthError
      .catch((error: unknown) => {
        console.error(error);
        return new Response(null, { status: 500 });
      })
      .then((answer) => send(answer, response));
  });
}

async function send(answer: Response, response: ServerResponse): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

if (isMain(import.meta.url)) {
  const { origin } = await listen(createApp());
  console.log(`Listening on ${origin}`);
}
