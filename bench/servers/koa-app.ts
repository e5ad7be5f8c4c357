import type { RequestListener } from "node:http";
import Koa, { type Middleware } from "koa";
import { ANSWER } from "./answer.js";

/** The same application around each way to authenticate. Koa prints no error that is the client's. */
export function koaApp(...middleware: readonly Middleware[]): RequestListener {
  const app = new Koa();
  for (const each of middleware) app.use(each);
  app.use((context) => {
    context.body = ANSWER;
  });
  return app.callback();
}
