import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import { type AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { authSession, requireGroup } from "cognito-auth-session/koa";
import { LocalCognito } from "cognito-auth-session/testing";
import Koa3, { type Middleware } from "koa";
import Koa2 from "koa2";
import { withServer } from "../support/raw-http.js";
import { bearer } from "../threats/attempt.js";
import { exchange } from "../threats/client.js";

/** Middleware before ours that does not wait for it, or that begins to wait late. */
const FORGETFUL: readonly [string, Middleware, number?][] = [
  [
    "never waits",
    (ctx, next) => {
      void next();
      ctx.body = "done";
    },
    200,
  ],
  [
    "waits late",
    async (_ctx, next) => {
      const rest = next();
      await pause(20);
      await rest;
    },
  ],
];

for (const [name, Koa] of [
  ["Koa 3", Koa3],
  ["Koa 2", Koa2],
] as const) {
  describe(`A refusal in ${name}, where middleware before it`, () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    let cognito: LocalCognito;
    let good: string;
    before(async () => {
      cognito = await LocalCognito.start();
      good = cognito.signIn({ username: "ada" }).accessToken;
      process.on("unhandledRejection", note);
    });
    after(async () => {
      process.off("unhandledRejection", note);
      await cognito.stop();
    });

    const unknownKey = () => cognito.signToken({ tokenUse: "access", header: { kid: "other" } });
    const refusals: readonly [string, () => string, AuthSessionOptions, number][] = [
      ["refused at once", () => "garbage", {}, 401],
      ["refused after a wait for keys", unknownKey, {}, 401],
      ["refused after a check of the application's", () => good, { customCheck: async () => false }, 403],
    ];
    for (const [fault, middleware, forgotten] of FORGETFUL) {
      for (const [way, tokenOf, options, status] of refusals) {
        it(`${fault}, ends no process: ${way}`, async () => {
          const sessions = new SessionManager({ ...cognito.options, ...options });
          const app = new Koa();
          app.silent = true;
          app.use(middleware).use(authSession(sessions));
          const answer = await withServer(app.callback(), async (port) => {
            const first = await exchange(port, bearer(tokenOf()));
            await pause(30);
            return first;
          });
          expect([answer.status, unhandled.splice(0)]).to.deep.equal([forgotten ?? status, []]);
          await sessions.close();
        });
      }

      it(`${fault}, ends no process: a guard's`, async () => {
        const sessions = new SessionManager({ ...cognito.options, identityPoolId: null });
        const app = new Koa();
        app.silent = true;
        app.use(authSession(sessions)).use(middleware).use(requireGroup("admin"));
        const answer = await withServer(app.callback(), async (port) => {
          const first = await exchange(port, bearer(good));
          await pause(30);
          return first;
        });
        expect([answer.status, unhandled.splice(0)]).to.deep.equal([forgotten ?? 403, []]);
        await sessions.close();
      });
    }
  });
}
