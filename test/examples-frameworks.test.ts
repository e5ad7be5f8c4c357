import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectTo, type Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { expect } from "chai";
import { type AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { type ClientOptions, WebSocket } from "ws";
import { createApp as createFastify } from "../examples/fastify.js";
import { createApp as createHono } from "../examples/hono.js";
import { createApp as createKoa } from "../examples/koa.js";
import { createHandler, type HttpEvent, handler, toRequest, toResult } from "../examples/lambda.js";
import { createApp as createNodeHttp } from "../examples/node-http.js";
import { listen } from "../examples/support/listen.js";
import { createApp as createWebSocket } from "../examples/websocket.js";
import { type Answer, expectRefusal } from "./support/expectations.js";

/** Starts an example on a free port. */
type Start = (options: AuthSessionOptions) => Promise<{ origin: string; close: () => unknown }>;

const start = async (app: Parameters<typeof listen>[0]) => {
  const { server, origin } = await listen(app, 0);
  return { origin, close: () => server.closeAllConnections() ?? server.close() };
};
const SERVERS: Record<string, { readonly start: Start; readonly adminsOnly: string }> = {
  koa: { start: (options) => start(createKoa(options).callback()), adminsOnly: "/users/7" },
  hono: {
    start: (options) => {
      const listener = getRequestListener(createHono(options).fetch);
      return start((request, response) => void listener(request, response));
    },
    adminsOnly: "/users/7",
  },
  "node-http": { start: (options) => start(createNodeHttp(options)), adminsOnly: "/cache" },
  fastify: {
    start: async (options) => {
      const app = createFastify(options);
      return { origin: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() };
    },
    adminsOnly: "/users/7",
  },
};

describe("The examples of other frameworks", () => {
  let cognito: LocalCognito;
  before(async () => {
    cognito = await LocalCognito.start();
  });
  after(() => cognito.stop());

  for (const [name, { start, adminsOnly }] of Object.entries(SERVERS)) {
    describe(name, () => {
      let origin: string;
      let close: () => unknown;
      before(async () => {
        ({ origin, close } = await start(cognito.options));
      });
      after(() => close());
      const ask = async (path: string, token?: string, method = "GET") =>
        answerOf(await fetch(`${origin}${path}`, { method, headers: headersOf(token) }));

      it("says who calls", async () => {
        const { status, body } = await ask("/me", cognito.signIn({ username: "ada" }).idToken);
        expect(status).to.equal(200);
        expect(body).to.include({ username: "ada" });
      });

      it("refuses who does not say, and who says it with an expired token", async () => {
        expectRefusal(await ask("/me"), "missing_token");
        expectRefusal(await ask("/me", cognito.signToken({ tokenUse: "id", claims: { exp: 1 } })), "token_expired");
      });

      it("says who may", async () => {
        const admin = cognito.signIn({ username: "ada", groups: ["admin"] }).accessToken;
        const user = cognito.signIn({ username: "bob" }).accessToken;
        expect((await ask(adminsOnly, admin, "DELETE")).status).to.equal(204);
        expectRefusal(await ask(adminsOnly, user, "DELETE"), "insufficient_group");
      });

      it("answers other paths with 404", async () => {
        const { status } = await ask("/nowhere", cognito.signIn({ username: "ada" }).accessToken);
        expect(status).to.equal(404);
      });
    });
  }

  for (const name of ["koa", "hono"]) {
    it(`${name}: is open where it says so`, async () => {
      const { origin, close } = (await SERVERS[name]?.start(cognito.options)) ?? {};
      expect(await (await fetch(`${origin}/health`)).json()).to.deep.equal({ ok: true });
      close?.();
    });
  }

  describe("lambda", () => {
    const call = async (event: HttpEvent) => {
      const { statusCode, headers, body } = await createHandler(cognito.options)(event);
      return { status: statusCode, headers, text: body, body: parse(body) };
    };
    const tokenOf = (username: string, ...groups: string[]) => cognito.signIn({ username, groups }).idToken;

    for (const [source, event] of [
      ["API Gateway", gatewayEvent],
      ["a Function URL", functionUrlEvent],
    ] as const) {
      it(`says who calls, by an event of ${source}`, async () => {
        const { status, headers, body } = await call(
          event("GET", "/me", { authorization: `Bearer ${tokenOf("ada")}` }),
        );
        expect(status).to.equal(200);
        expect(headers["content-type"]).to.equal("application/json");
        expect(body).to.include({ username: "ada" });
      });

      it(`refuses, by an event of ${source}`, async () => {
        expectRefusal(await call(event("GET", "/me", {})), "missing_token");
        expectRefusal(await call(event("GET", "/me", { authorization: "Bearer x" })), "malformed_token");
        // The service joins two headers.
        const two = `Bearer ${tokenOf("ada")},Bearer ${tokenOf("bob")}`;
        expectRefusal(await call(event("GET", "/me", { authorization: two })), "invalid_request");
        const bob = { authorization: `Bearer ${tokenOf("bob")}` };
        expectRefusal(await call({ ...event("PUT", "/notice", bob), body: "x" }), "insufficient_group");
      });
    }

    it("has its headers where a request has them, so that the engine takes it as it is", async () => {
      const sessions = new SessionManager({ ...cognito.options, identityPoolId: null });
      const session = await sessions.getSession(
        gatewayEvent("GET", "/", { authorization: `Bearer ${tokenOf("ada")}` }),
      );
      expect(session.username).to.equal("ada");
    });

    it("reads bodies, in base64 too", async () => {
      const event = gatewayEvent("PUT", "/notice", { authorization: `Bearer ${tokenOf("ada", "admin")}` });
      const encoded = { body: Buffer.from("grüezi").toString("base64"), isBase64Encoded: true };
      for (const sent of [{ body: "grüezi" }, encoded]) {
        expect(await call({ ...event, ...sent })).to.deep.include({ status: 201, text: "grüezi" });
      }
    });

    it("makes a Request of an event: URL, headers, cookies", async () => {
      const event = gatewayEvent("GET", "/a%20b", { "x-a": "1", "x-none": undefined }, "c=d&e=%2F");
      const request = toRequest({ ...event, cookies: ["one=1", "two=2"], body: "left out of a GET" });
      expect(request?.url).to.equal("https://id.execute-api.eu-west-1.amazonaws.com/a%20b?c=d&e=%2F");
      expect(Object.fromEntries(request?.headers ?? [])).to.deep.equal({ "x-a": "1", cookie: "one=1; two=2" });
      expect(request?.body).to.equal(null);
    });

    it("answers 400 to what Fetch knows no request for", async () => {
      for (const event of [gatewayEvent("TRACE", "/me", {}), gatewayEvent("GET", "/me", { "x-name": "Łukasz" })]) {
        expect(await call(event)).to.include({ status: 400 });
      }
    });

    it("takes nothing for text that is none", async () => {
      const sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
      for (const headers of [{ "content-type": sheet }, { "content-type": "text/plain", "content-encoding": "gzip" }]) {
        const bytes = Buffer.from([0x1f, 0x8b, 0xff, 0x00]);
        const { body, isBase64Encoded } = await toResult(new Response(bytes, { headers }));
        expect([isBase64Encoded, Buffer.from(body, "base64").equals(bytes)]).to.deep.equal([true, true]);
      }
    });

    it("makes a result of a Response: cookies apart, bytes in base64", async () => {
      const headers = new Headers({ "content-type": "image/png" });
      for (const cookie of ["a=1; Path=/", "b=2"]) headers.append("set-cookie", cookie);
      expect(await toResult(new Response(Buffer.from([137, 80, 78, 71]), { status: 201, headers }))).to.deep.equal({
        statusCode: 201,
        headers: { "content-type": "image/png" },
        cookies: ["a=1; Path=/", "b=2"],
        body: "iVBORw==",
        isBase64Encoded: true,
      });
    });

    it("takes its pool from the function's environment", async () => {
      const { userPoolId, clientId, issuer, jwksUri } = cognito.options;
      const own = { COGNITO_USER_POOL_ID: userPoolId, COGNITO_CLIENT_ID: clientId };
      Object.assign(process.env, own, { COGNITO_ISSUER: issuer, COGNITO_JWKS_URI: jwksUri });
      const event = gatewayEvent("GET", "/me", { authorization: `Bearer ${tokenOf("ada")}` });
      expect((await handler(event)).statusCode).to.equal(200);
      for (const name of ["USER_POOL_ID", "CLIENT_ID", "ISSUER", "JWKS_URI"]) delete process.env[`COGNITO_${name}`];
    });
  });

  describe("websocket", () => {
    let origin: string;
    let close: () => unknown;
    before(async () => {
      ({ origin, close } = await start(createWebSocket(cognito.options)));
    });
    after(() => close());
    const connect = (token?: string) => {
      const options: ClientOptions = { headers: headersOf(token) };
      return new WebSocket(origin.replace("http", "ws"), options);
    };
    /** The answer to an upgrade that is refused. */
    const refusal = async (token?: string): Promise<Answer> => {
      const socket = connect(token);
      const [, response] = await once(socket, "unexpected-response");
      let text = "";
      for await (const chunk of response) text += chunk;
      return { status: response.statusCode, headers: response.headers, text, body: parse(text) };
    };

    it("opens for a member, who is known to the connection", async () => {
      const socket = connect(cognito.signIn({ username: "ada", groups: ["chat"] }).accessToken);
      await once(socket, "open");
      const answer = once(socket, "message");
      socket.send("hello");
      expect(String((await answer)[0])).to.equal("ada: hello");
      socket.close();
      await once(socket, "close");
    });

    it("refuses the upgrade with the answer of any other face", async () => {
      expectRefusal(await refusal(), "missing_token");
      expectRefusal(await refusal("garbage"), "malformed_token");
      expectRefusal(await refusal(cognito.signIn({ username: "bob" }).accessToken), "insufficient_group");
    });

    /** A client that does as it likes: the handshake by hand, then bytes. Never ends its side. */
    const upgrade = async (token: string | undefined, after: Buffer = Buffer.alloc(0)): Promise<Socket> => {
      const socket = connectTo({ port: Number(new URL(origin).port), host: "127.0.0.1", allowHalfOpen: true });
      const given = Object.entries(headersOf(token)).map(([name, value]) => `${name}: ${value}`);
      const lines = ["GET / HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket", ...given];
      socket.write(
        [...lines, "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${"A".repeat(22)}==`, "", ""].join("\r\n"),
      );
      await once(socket, "data");
      socket.write(after);
      return socket;
    };

    it("a malformed frame ends its connection and nothing else", async () => {
      const socket = await upgrade(
        cognito.signIn({ username: "eve", groups: ["chat"] }).accessToken,
        Buffer.from("ff8000000000", "hex"),
      );
      await once(socket.resume(), "end");
      socket.destroy();
      expectRefusal(await refusal(), "missing_token");
    });

    it("a refused client cannot keep its connection", async () => {
      const socket = await upgrade(undefined);
      socket.on("error", () => {});
      const gone = new Promise((resolve) => socket.resume().once("close", resolve));
      // Written to a connection that is gone, it is reset.
      for (let tries = 0; tries < 20 && !socket.destroyed; tries += 1) {
        socket.write("still here");
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      await gone;
    });

    it("ends with the token", async () => {
      const exp = Math.floor(Date.now() / 1000) + 1;
      const socket = connect(cognito.signToken({ tokenUse: "access", claims: { exp, "cognito:groups": ["chat"] } }));
      const [code, reason] = await once(socket, "close");
      expect([code, String(reason)]).to.deep.equal([4401, "token_expired"]);
    });

    it("answers what is no upgrade with 426", async () => {
      expect((await fetch(origin)).status).to.equal(426);
    });
  });

  it("run as programs", async function () {
    this.timeout(60_000);
    const { userPoolId, clientId, issuer, jwksUri } = cognito.options;
    const env = {
      PATH: process.env.PATH,
      PORT: "0",
      COGNITO_USER_POOL_ID: userPoolId,
      COGNITO_CLIENT_ID: clientId,
      COGNITO_ISSUER: issuer,
      COGNITO_JWKS_URI: jwksUri,
    };
    const printed = await Promise.all(
      ["koa", "hono", "node-http", "fastify", "websocket"].map(async (name) => {
        const child = spawn(process.execPath, ["--import", "tsx", `examples/${name}.ts`], { env });
        const closed = once(child, "close");
        let output = "";
        for (const stream of [child.stdout, child.stderr]) {
          stream.on("data", (chunk) => {
            output += chunk;
            if (output.includes("\n")) child.kill();
          });
        }
        await closed;
        return [name, /^Listening on (?:http|ws):\/\/127\.0\.0\.1:[1-9]\d*\n/.test(output) || output];
      }),
    );
    expect(printed.filter(([, isListening]) => isListening !== true)).to.deep.equal([]);
  });
});

function headersOf(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: Object.fromEntries(response.headers), text, body: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As API Gateway sends it to an HTTP API's integration, payload version 2.0. */
function gatewayEvent(method: string, path: string, headers: HttpEvent["headers"], rawQueryString = "") {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString,
    headers,
    requestContext: {
      accountId: "123456789012",
      apiId: "id",
      domainName: "id.execute-api.eu-west-1.amazonaws.com",
      domainPrefix: "id",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "agent" },
      requestId: "JKJaXmPLvHcESHA=",
      routeKey: "$default",
      stage: "$default",
      time: "23/Nov/2026:06:00:00 +0000",
      timeEpoch: 1795413600000,
    },
    isBase64Encoded: false,
  };
}

/** As a Function URL sends it: the same format with another domain. */
function functionUrlEvent(method: string, path: string, headers: HttpEvent["headers"]) {
  const event = gatewayEvent(method, path, headers);
  const domainName = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws";
  return { ...event, requestContext: { ...event.requestContext, accountId: "anonymous", domainName } };
}
