import { type AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { redisStore } from "cognito-auth-session/redis";
import { listen } from "./listen.js";
import { webApp } from "./web-app.js";

/** What a process of the fleet is told: what it is to be, or what time it is. */
export type Order = { readonly options: AuthSessionOptions; readonly redisUrl: string } | { readonly aheadMs: number };

/** One web process of a fleet: its clock is moved from outside, all else is as in production. */
let aheadMs = 0;

process.on("message", (order: Order) => {
  void obey(order).then((answer) => process.send?.(answer));
});

async function obey(order: Order): Promise<string> {
  if ("aheadMs" in order) {
    aheadMs = order.aheadMs;
    return "moved";
  }
  const sessions = new SessionManager(
    { ...order.options, store: redisStore({ url: order.redisUrl }) },
    { clock: () => Date.now() + aheadMs },
  );
  await sessions.warmUp();
  const app = await listen();
  app.serve(webApp(sessions));
  return app.origin;
}
