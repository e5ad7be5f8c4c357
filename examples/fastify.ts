// Fastify: no adapter in the package, and none needed. A plugin of a few lines on `cognito-auth-session/fetch`.
import {
  type AuthSession,
  type AuthSessionOptions,
  authErrorResponse,
  authSession,
  requireGroup,
  type SessionGuard,
  type SessionManager,
} from "cognito-auth-session/fetch";
import Fastify, { type FastifyPluginCallback, type FastifyReply, type FastifyRequest } from "fastify";
import { isMain } from "./support/listen.js";

declare module "fastify" {
  interface FastifyRequest {
    authSession: AuthSession;
  }
}

/** Puts the session at `request.authSession`, for all routes of the app. */
export const auth: FastifyPluginCallback<{ sessions?: AuthSessionOptions | SessionManager | undefined }> = (
  app,
  { sessions },
  done,
) => {
  const sessionOf = authSession(sessions);
  app.decorateRequest("authSession");
  app.addHook("onRequest", async (request) => {
    request.authSession = await sessionOf(request.raw);
  });
  done();
};
// What fastify-plugin does: the hook counts outside the plugin too.
Object.assign(auth, { [Symbol.for("skip-override")]: true });

/** A guard as a hook of a route. */
export const allow = (guard: SessionGuard) => async (request: FastifyRequest) => guard(request.authSession, request);

/** For `setErrorHandler()`. It throws what is no `AuthError`, and Fastify answers that. */
export const answerAuthErrors = (error: unknown, _request: FastifyRequest, reply: FastifyReply) =>
  reply.send(authErrorResponse(error));

export function createApp(options?: AuthSessionOptions) {
  const app = Fastify();
  app.register(auth, { sessions: options });
  app.setErrorHandler(answerAuthErrors);

  app.get("/me", (request) => request.authSession.getUserInfo());
  app.delete("/users/:id", { onRequest: allow(requireGroup("admin")) }, (_request, reply) => reply.code(204).send());
  return app;
}

if (isMain(import.meta.url)) {
  createApp().listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" }, (error, origin) => {
    if (error) throw error;
    console.log(`Listening on ${origin}`);
  });
}
