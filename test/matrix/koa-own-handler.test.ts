import { STATUS_CODES } from "node:http";
import { expect } from "chai";
import { AuthError, type AuthErrorCode, SessionManager } from "cognito-auth-session";
import { authSession } from "cognito-auth-session/koa";
import { LocalCognito } from "cognito-auth-session/testing";
import Koa3 from "koa";
import Koa2 from "koa2";
import { ERROR_TABLE } from "../../src/errors/table.js";
import { withServer } from "../support/raw-http.js";
import { bearer, lines } from "../threats/attempt.js";
import { exchange } from "../threats/client.js";

const CODES = Object.keys(ERROR_TABLE) as AuthErrorCode[];

for (const [name, Koa] of [
  ["Koa 3", Koa3],
  ["Koa 2", Koa2],
] as const) {
  describe(`${name}'s own handler`, () => {
    for (const code of CODES) {
      it(`answers right by the error's fields: ${code}`, async () => {
        const heard: unknown[] = [];
        const app = new Koa();
        const error = new AuthError(code);
        app.on("error", (each) => heard.push(each));
        app.use(() => {
          throw error;
        });
        const { status, headers, text } = await withServer(app.callback(), (port) => exchange(port, lines()));
        expect(status).to.equal(error.status);
        for (const [header, value] of Object.entries(error.headers)) {
          expect(headers[header.toLowerCase()]).to.equal(value);
        }
        // `expose`: what is ours to fix is not told to clients.
        expect(text).to.equal(error.status < 500 ? error.message : STATUS_CODES[error.status]);
        expect(headers["content-type"]).to.equal("text/plain; charset=utf-8");
        expect(heard).to.deep.equal([error]);
      });
    }

    it("drops what the handlers before had set, and keeps the challenge", async () => {
      const cognito = await LocalCognito.start();
      const sessions = new SessionManager(cognito.options);
      const app = new Koa();
      app.silent = true;
      app.use((ctx, next) => {
        ctx.set("X-Cache", "hit");
        return next();
      });
      app.use(authSession(sessions));
      const { status, headers } = await withServer(app.callback(), (port) => exchange(port, bearer("garbage")));
      expect([status, headers["x-cache"]]).to.deep.equal([401, undefined]);
      expect(headers["www-authenticate"]).to.contain('error="invalid_token"');
      await sessions.close();
      await cognito.stop();
    });
  });
}
