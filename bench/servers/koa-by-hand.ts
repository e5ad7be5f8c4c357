import type { Middleware } from "koa";
import { byHand } from "../by-hand.js";
import type { Stage } from "../stage.js";
import { koaApp } from "./koa-app.js";

/** Refuses without a throw, which is dear in Koa. */
export const serve = (stage: Stage) => {
  const verifier = byHand(stage);
  const authenticate: Middleware = async (context, next) => {
    try {
      context.state.claims = await verifier.verify(context.get("authorization").slice("Bearer ".length));
    } catch {
      context.status = 401;
      context.body = { error: "invalid_token" };
      return;
    }
    await next();
  };
  return koaApp(authenticate);
};
