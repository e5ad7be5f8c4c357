import * as onFetch from "cognito-auth-session/fetch";
import Fastify from "fastify";
import { allow, answerAuthErrors, auth } from "../../examples/fastify.js";
import { FACES, type Face, guardOf, ROUTES, type Route } from "../support/faces.js";

/** An adapter that is not in the package, as an application writes it: the example's. */
const fastifyFace: Face = ({ sessions, guard, inPlaceOfSession, withoutErrorHandler }) => {
  const app = Fastify();
  // It routes the usual methods only, unless told.
  app.addHttpMethod("PROPFIND");
  if (inPlaceOfSession === undefined) app.register(auth, { sessions });
  else {
    app.decorateRequest("authSession");
    app.addHook("onRequest", async (request) => {
      Object.assign(request, { authSession: inPlaceOfSession.value });
    });
  }
  if (withoutErrorHandler !== true) app.setErrorHandler(answerAuthErrors);
  for (const [path, route] of Object.entries<Route>(ROUTES)) {
    app.all(path, async (request) => route(request.authSession, request.raw));
  }
  const onRequest = guard === undefined ? [] : [allow(guardOf(onFetch, guard))];
  app.all("/guarded", { onRequest }, async () => ({ ok: true }));
  return (request, response) => void app.ready().then(() => app.routing(request, response));
};

/** Everything that the behaviour table is run against. */
export const ADAPTERS = { ...FACES, Fastify: fastifyFace } satisfies Record<string, Face>;

export type AdapterName = keyof typeof ADAPTERS;
