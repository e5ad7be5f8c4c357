import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { expect } from "chai";
import { LocalCognito } from "cognito-auth-session/testing";
import { ERROR_TABLE } from "../src/errors/table.js";
import type { RouteToTry } from "../src/playground/api.js";
import { type Playground, startPlayground } from "../src/playground/server.js";
import { explain, isErrorCode, STEPS } from "../src/playground/why.js";
import { TestClock } from "./support/app.js";
import { tables } from "./support/markdown.js";
import { sendRaw } from "./support/raw-http.js";

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** As no fetch would send it: any `Host`, any `Origin`. */
function send(
  url: string,
  { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(Buffer.from(chunk));
      const text = Buffer.concat(chunks).toString("utf8");
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
    request.once("error", reject).end(body);
  });
}

const HOSTILE = '<img src=x onerror="alert(1)">';

describe("The playground", () => {
  const clock = new TestClock();
  let playground: Playground;
  let calls = 0;
  beforeEach(async () => {
    clock.nowMs = Date.now();
    playground = await startPlayground({ clock: clock.read });
  });
  afterEach(() => playground.close());

  const read = async (path: string) => JSON.parse((await send(`${playground.url}/playground/${path}`)).text);
  const perform = (action: string, given: object, headers: Record<string, string> = {}) =>
    send(`${playground.url}/playground/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", ...headers },
      body: JSON.stringify(given),
    });
  const done = async (action: string, given: object = {}) => {
    const { status, text } = await perform(action, given);
    expect(status, text).to.equal(200);
    return JSON.parse(text);
  };
  const signIn = (username: string): Promise<{ accessToken: string; idToken: string }> => done("sign-in", { username });
  const mint = async (wanted: object): Promise<string> =>
    (await done("mint", { username: "eve", tokenUse: "id", seconds: 600, ...wanted })).token;
  /** A call to the API as the page makes it, and what the page is told of it. */
  const call = async (path: string, bearer?: string, idToken?: string) => {
    calls += 1;
    const { status, headers, text } = await send(`${playground.url}${path}`, {
      headers: {
        "X-Playground-Call": `call-${calls}`,
        ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
        ...(idToken !== undefined && { "X-Id-Token": idToken }),
      },
    });
    const body = JSON.parse(text);
    const report = await read(`call?id=call-${calls}&code=${body.code ?? ""}`);
    return { status, headers, body, report };
  };

  describe("its page", () => {
    it("comes from here alone, and runs no script but its own files", async () => {
      const { status, headers, text } = await send(playground.url);
      expect(status).to.equal(200);
      const policy = String(headers["content-security-policy"]);
      expect(policy)
        .to.contain("default-src 'none'")
        .and.contain("script-src 'self'")
        .and.contain("frame-ancestors 'none'");
      expect(policy).to.contain("require-trusted-types-for 'script'").and.not.contain("unsafe");
      expect(headers).to.include({
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
      });
      const scripts = [...text.matchAll(/<script[^>]*>([^<]*)/g)];
      expect(scripts.map(([, inline]) => inline)).to.deep.equal([""]);
      expect(text).not.to.match(/ on\w+=|style=|https?:\/\//);
      const addresses = [...text.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, address = ""]) => address);
      expect(addresses).to.have.length(4);
      for (const address of addresses)
        expect((await send(`${playground.url}${address}`)).status, address).to.equal(200);
    });

    it("has every module that its modules import", async () => {
      const seen = new Set<string>();
      const follow = async (path: string): Promise<void> => {
        if (seen.has(path)) return;
        seen.add(path);
        const { status, headers, text } = await send(`${playground.url}/playground/${path}`);
        expect([status, headers["content-type"]], path).to.deep.equal([200, "text/javascript; charset=utf-8"]);
        for (const [, name = ""] of text.matchAll(/from "\.\/([^"]+)"/g)) await follow(name);
      };
      await follow("main.js");
      expect(seen).to.have.length.above(5);
    });

    it("makes markup of no text: no module has a way to", async () => {
      for (const name of [
        "main",
        "dom",
        "server",
        "times",
        "token-panel",
        "mint-form",
        "call-panel",
        "session-panel",
        "break-panel",
      ]) {
        const { text } = await send(`${playground.url}/playground/${name}.js`);
        expect(text, name).not.to.match(
          /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setHTML/,
        );
      }
    });

    it("serves nothing else from its folder", async () => {
      for (const path of [
        "tsconfig.json",

        "..%2fserver.ts",
        "index.html",
        "__proto__",
        "constructor",
        "",
      ]) {
        expect((await send(`${playground.url}/playground/${path}`)).status, path).to.equal(404);
      }
    });

    it("is asked for with GET", async () => {
      expect((await send(playground.url, { method: "POST" })).status).to.equal(405);
    });
  });

  describe("who may use it", () => {
    for (const host of [
      "evil.example",
      "127.0.0.1.evil.example",
      "localhost.evil.example:80",
      "127.0.0.1@evil.example",
      "0.0.0.0",
      "[::]",
    ]) {
      it(`refuses the name ${host}, which may have been made to point here`, async () => {
        const headers = { Host: host, Origin: `http://${host}`, "Sec-Fetch-Site": "same-origin" };
        for (const path of ["/", "/playground/state", "/playground/main.js"]) {
          expect((await send(`${playground.url}${path}`, { headers })).status, path).to.equal(403);
        }
        const { status, text } = await perform("sign-in", { username: "ada" }, headers);
        expect(status).to.equal(403);
        expect(text).not.to.contain("eyJ");
      });
    }

    it("refuses two names at once", async () => {
      const { status } = await sendRaw(Number(new URL(playground.url).port), ["Host: evil.example"], "/");
      expect(status).to.equal(403);
    });

    it("takes localhost and IPv6's name too", async () => {
      const { port } = new URL(playground.url);
      for (const host of [`localhost:${port}`, `[::1]:${port}`, `127.0.0.1:${port}`]) {
        expect((await send(playground.url, { headers: { Host: host } })).status, host).to.equal(200);
      }
    });

    const SENDERS: readonly [string, Record<string, string>][] = [
      ["another site", { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" }],
      ["another port of this machine", { "Sec-Fetch-Site": "same-site", Origin: "http://127.0.0.1:1" }],
      ["another origin, from an old browser", { Origin: "http://127.0.0.1:1" }],
      ["a sandboxed frame", { Origin: "null" }],
      ["another site that claims our origin", { "Sec-Fetch-Site": "cross-site" }],
      ["nobody who says so", {}],
    ];
    for (const [sender, headers] of SENDERS) {
      it(`does nothing for ${sender}`, async () => {
        for (const action of ["sign-in", "mint", "inspect", "upstream", "clock", "rotate", "restart"]) {
          const { status } = await send(`${playground.url}/playground/${action}`, {
            method: "POST",
            headers: { "Content-Type": "application/json", ...headers },
            body: JSON.stringify({ username: "ada", mode: "down", skewSeconds: 600 }),
          });
          expect(status, action).to.equal(403);
        }
        expect(await read("state")).to.include({ upstream: "up", skewSeconds: 0 });
      });
    }

    it("tells another site nothing", async () => {
      const headers = { "Sec-Fetch-Site": "cross-site" };
      const { status, headers: answered } = await send(`${playground.url}/playground/state`, { headers });
      expect(status).to.equal(403);
      expect(answered).not.to.have.property("access-control-allow-origin");
    });

    it("does nothing on GET, and nothing for a form", async () => {
      expect((await send(`${playground.url}/playground/restart`)).status).to.equal(405);
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]) {
        const { status } = await perform("upstream", { mode: "down" }, { "Content-Type": type });
        expect(status, type).to.equal(415);
      }
      expect((await read("state")).upstream).to.equal("up");
    });
  });

  describe("its controls", () => {
    it("refuse what they cannot do, in our own words", async () => {
      const wrong: readonly [string, unknown][] = [
        ["sign-in", { username: HOSTILE }],
        ["sign-in", {}],
        ["mint", { username: "eve", tokenUse: "refresh", seconds: 1 }],
        ["mint", { username: "", tokenUse: "id", seconds: 1 }],
        ["mint", { username: "eve", tokenUse: "id", seconds: 1e9 }],
        ["mint", { username: "eve", tokenUse: "id", seconds: 1, groups: "admin" }],
        ["mint", { username: "eve", tokenUse: "id", seconds: 1, groups: [1] }],
        ["mint", { username: "eve", tokenUse: "id", seconds: 1, fault: "constructor" }],
        ["mint", { username: "eve", tokenUse: "id", seconds: 1, claims: [] }],
        ["upstream", { mode: "toString" }],
        ["clock", { skewSeconds: "600" }],
        ["clock", []],
        ["clock", null],
      ];
      for (const [action, given] of wrong) {
        const { status, text } = await perform(action, given as object);
        expect([status, JSON.parse(text).status], `${action} ${JSON.stringify(given)}`).to.deep.equal([400, 400]);
        expect(text).not.to.contain("img");
      }
      expect((await perform("inspect", { token: "x".repeat(70_000) })).status).to.equal(413);
      expect((await perform("nothing", {})).status).to.equal(404);
      expect((await perform("__proto__", {})).status).to.equal(404);
      expect((await send(`${playground.url}/playground/call?id=other`)).status).to.equal(404);
    });

    it("say what there is to try", async () => {
      const setup = await read("setup");
      expect(setup.users.map(({ username }: { username: string }) => username)).to.deep.equal(["ada", "rob", "nia"]);
      expect(setup.routes.map(({ path }: { path: string }) => path)).to.deep.equal([
        "/me",
        "/admin",
        "/credentials",
        "/orders",
      ]);
      expect(setup.ids).to.include({ userPoolId: playground.cognito.options.userPoolId });
    });
  });

  describe("calling the API", () => {
    it("shows the session without anything that could be used", async () => {
      const { accessToken, idToken } = await signIn("ada");
      const { status, report } = await call("/admin", accessToken, idToken);
      expect(status).to.equal(200);
      const { session } = report;
      expect(session).to.include({ username: "ada" });
      expect(session.groups).to.deep.equal(["admin"]);
      expect(session.scopes).to.include("orders/read");
      expect(session.tokens).to.have.length(2);
      expect(session.credentials.accessKeyId).to.match(/^ASIA…\w{4}$/);
      expect(session.credentials.secretAccessKey).to.match(/^hidden \(\d+ characters\)$/);
      expect(session.credentials.sessionToken).to.match(/^hidden \(\d+ characters\)$/);
      expect(session.credentials.expiresAtMs).to.be.above(clock.nowMs);
    });

    it("counts the calls to Cognito that each one cost", async () => {
      const { idToken } = await signIn("ada");
      const cold = { JWKS: 1, GetId: 1, GetCredentialsForIdentity: 1 };
      expect((await call("/me", idToken)).report.counts).to.deep.equal(cold);
      expect((await call("/me", idToken)).report.counts).to.deep.equal({
        JWKS: 0,
        GetId: 0,
        GetCredentialsForIdentity: 0,
      });
      expect((await read("state")).counts).to.deep.equal(cold);
    });

    it("says why: the group, the scope, the ID token", async () => {
      const { accessToken, idToken } = await signIn("nia");
      const admin = await call("/admin", idToken);
      expect([admin.status, admin.body.code]).to.deep.equal([403, "insufficient_group"]);
      expect(admin.report.why).to.include({
        step: "Guard",
        change: ERROR_TABLE.insufficient_group.recoverySuggestion,
      });
      expect(admin.report.session.groups).to.deep.equal([]);
      const orders = await call("/orders", accessToken);
      expect([orders.status, orders.body.code]).to.deep.equal([403, "insufficient_scope"]);
      const credentials = await call("/credentials", accessToken);
      expect([credentials.status, credentials.body.code]).to.deep.equal([401, "id_token_required"]);
      expect((await call("/orders", (await signIn("ada")).accessToken)).status).to.equal(200);
      expect((await call("/nowhere", idToken)).status).to.equal(404);
    });

    const FAULTS: readonly [string, number, string | undefined, string?][] = [
      ["none", 200, undefined],
      ["expired", 401, "token_expired"],
      ["not-yet-valid", 401, "invalid_claims", "nbf"],
      ["wrong-signature", 401, "invalid_signature"],
      ["unknown-key", 401, "invalid_signature"],
      ["unsigned", 401, "invalid_signature"],
      ["wrong-issuer", 401, "invalid_claims", "iss"],
      ["wrong-client", 401, "invalid_claims", "aud"],
      ["wrong-use", 401, "invalid_claims", "token_use"],
      ["groups-as-text", 403, "insufficient_group"],
      ["html-in-claims", 200, undefined],
      ["malformed", 401, "malformed_token"],
    ];
    it("tries every fault there is", async () => {
      const { faults } = await read("setup");
      expect(faults.map(({ name }: { name: string }) => name).sort()).to.deep.equal(
        FAULTS.map(([name]) => name).sort(),
      );
    });
    for (const [fault, status, code, claim] of FAULTS) {
      it(`answers ${status} for a token with the fault ${fault}`, async () => {
        const token = await mint({ fault, groups: ["admin"] });
        const { token: view } = await done("inspect", { token });
        const answer = await call("/admin", token);
        expect([answer.status, answer.body.code, answer.report.claim]).to.deep.equal([status, code, claim]);
        if (claim !== undefined) {
          expect(view.fault).to.deep.equal({ code, claim });
          expect(answer.report.why.check).to.contain(`\`${claim}\``);
        }
        if (code !== undefined) expect(answer.report.why.step).to.equal(status === 403 ? "Guard" : "Verify");
      });
    }

    it("says nothing of itself where nothing was sent", async () => {
      const { status, headers, report } = await call("/me");
      expect([status, headers["www-authenticate"]]).to.deep.equal([401, 'Bearer realm="api"']);
      expect(report.why.step).to.equal("Read");
      expect(report).not.to.have.property("session");
    });

    it("mints access tokens with groups and scopes, and tokens that expire", async () => {
      const token = await mint({ tokenUse: "access", groups: ["admin"], scopes: ["orders/read"], seconds: 60 });
      expect((await call("/orders", token)).status).to.equal(200);
      expect((await call("/admin", token)).status).to.equal(200);
      clock.advance({ seconds: 66 });
      expect((await call("/orders", token)).body.code).to.equal("token_expired");
    });
  });

  describe("claims", () => {
    it("are shown as what they are, hostile ones as text", async () => {
      const claims = { name: HOSTILE, [HOSTILE]: [HOSTILE], "custom:n": 5 };
      const { token } = await done("inspect", { token: await mint({ claims }) });
      const shownAs = (name: string) => token.claims.find((row: { name: string }) => row.name === name)?.value;
      expect([shownAs("name"), shownAs(HOSTILE), shownAs("custom:n")]).to.deep.equal([
        HOSTILE,
        JSON.stringify([HOSTILE]),
        "5",
      ]);
      const { headers } = await perform("inspect", { token: await mint({ claims }) });
      expect(headers).to.include({
        "content-type": "application/json; charset=utf-8",
        "x-content-type-options": "nosniff",
      });
    });

    it("are in no answer's header and in no reason", async () => {
      const token = await mint({ username: "eve<b>", claims: { iss: HOSTILE, aud: HOSTILE } });
      const { headers, body, report } = await call("/me", token);
      expect(JSON.stringify([headers, body, report])).not.to.contain("onerror");
    });

    it("have readable times, and names of what this API takes in their place", async () => {
      const { token } = await done("inspect", { token: await mint({ fault: "wrong-client" }) });
      const rows = new Map<string, Record<string, unknown>>(
        token.claims.map((row: { name: string }) => [row.name, row]),
      );
      expect(rows.get("exp")).to.include({ meaning: "expires", atMs: Math.floor(clock.nowMs / 1000 + 600) * 1000 });
      expect(rows.get("aud")).to.include({ expected: playground.cognito.options.clientId });
    });

    it("of what is no token are not shown", async () => {
      for (const token of ["", "x", "a.b.c", 5, null]) expect(await done("inspect", { token })).to.deep.equal({});
    });
  });

  describe("breaking things", () => {
    it("throttles: who has credentials keeps them, others get 503", async () => {
      const [ada, rob] = [await signIn("ada"), await signIn("rob")];
      expect((await call("/me", ada.idToken)).status).to.equal(200);
      await done("upstream", { mode: "throttled" });
      expect((await call("/me", ada.idToken)).status).to.equal(200);
      const refused = await call("/me", rob.idToken);
      expect([refused.status, refused.body.name]).to.deep.equal([503, "TooManyRequestsException"]);
      expect(refused.headers["retry-after"]).to.match(/^\d+$/);
      expect(refused.report.why.step).to.equal("Credentials");
      await done("upstream", { mode: "up" });
      clock.advance({ seconds: 30 });
      expect((await call("/me", rob.idToken)).status).to.equal(200);
    });

    it("is down: a warm API does not notice, one that starts does", async () => {
      const { idToken } = await signIn("ada");
      expect((await call("/me", idToken)).status).to.equal(200);
      await done("upstream", { mode: "down" });
      expect((await call("/me", idToken)).status).to.equal(200);
      await done("restart");
      const cold = await call("/me", idToken);
      expect([cold.status, cold.body.code]).to.deep.equal([503, "jwks_unavailable"]);
      expect(cold.report.why.check).to.contain("JWKS failed");
    });

    it("rotates the keys: old tokens end once a new one was seen", async () => {
      const old = (await signIn("ada")).accessToken;
      expect((await call("/me", old)).status).to.equal(200);
      await done("rotate", { keepOld: false });
      const fresh = await call("/me", (await signIn("ada")).accessToken);
      expect([fresh.status, fresh.report.counts.JWKS]).to.deep.equal([200, 1]);
      expect((await call("/me", old)).body.code).to.equal("invalid_signature");
    });

    it("keeps the old keys where it is told to", async () => {
      const old = (await signIn("ada")).accessToken;
      await done("rotate", { keepOld: true });
      expect((await call("/me", (await signIn("ada")).accessToken)).status).to.equal(200);
      expect((await call("/me", old)).status).to.equal(200);
    });

    it("sets the API's clock wrong, and right again", async () => {
      const { accessToken } = await signIn("ada");
      await done("clock", { skewSeconds: -600 });
      const early = await call("/me", accessToken);
      expect([early.body.code, early.report.claim]).to.deep.equal(["invalid_claims", "iat"]);
      await done("clock", { skewSeconds: 7200 });
      expect((await call("/me", accessToken)).body.code).to.equal("token_expired");
      const { nowMs, skewSeconds } = await read("state");
      expect([nowMs, skewSeconds]).to.deep.equal([clock.nowMs + 7_200_000, 7200]);
      await done("clock", { skewSeconds: 0 });
      expect((await call("/me", accessToken)).status).to.equal(200);
    });
  });

  describe("explanations", () => {
    it("are there for every code, at a step that there is", () => {
      const codes = Object.keys(ERROR_TABLE).filter(isErrorCode);
      expect(codes).to.have.length(Object.keys(ERROR_TABLE).length);
      for (const code of codes) {
        const { step, check, change, here } = explain(code, undefined);
        expect(STEPS).to.include(step);
        expect(change).to.equal(ERROR_TABLE[code].recoverySuggestion);
        for (const sentence of [check, here]) expect(sentence).to.match(/\.$/);
      }
    });

    it("are not made up for a code that there is not", () => {
      for (const code of ["", "constructor", "__proto__", "nothing", undefined])
        expect(isErrorCode(code)).to.equal(false);
    });
  });

  describe("docs/playground.md", () => {
    const DOCUMENT = readFileSync("docs/playground.md", "utf8");

    it("names the switches that the page has", async () => {
      const { text } = await send(playground.url);
      const [table] = tables(DOCUMENT);
      const named = (table?.rows ?? []).map(([cell = ""]) => cell);
      expect(named).to.have.length(7);
      for (const name of named) expect(text).to.contain(name.replace(/^Cognito /, ""));
    });

    it("tells of a 403 what the page says", async () => {
      const [nia, ada] = [await signIn("nia"), await signIn("ada")];
      expect((await call("/admin", nia.idToken)).report.why.step).to.equal("Guard");
      expect((await call("/admin", ada.idToken)).status).to.equal(200);
      const { routes } = await read("setup");
      const [needs] = routes.flatMap((route: RouteToTry) => (route.path === "/admin" ? [route.needs] : []));
      expect(DOCUMENT).to.contain(`\`${needs}\``);
    });
  });

  describe("starting and stopping", () => {
    it("serves an API of one's own, on a LocalCognito that goes on", async () => {
      const cognito = await LocalCognito.start();
      const own = await startPlayground({
        cognito,
        users: [{ username: "zoe", groups: ["ops"] }],
        api: {
          routes: [{ method: "GET", path: "/hello", needs: "nothing" }],
          create: () => (_request, response) => void response.end("hello"),
        },
      });
      expect((await send(`${own.url}/hello`)).text).to.equal("hello");
      const setup = JSON.parse((await send(`${own.url}/playground/setup`)).text);
      expect(setup.users).to.deep.equal([{ username: "zoe", groups: ["ops"], scopes: [] }]);
      await own.close();
      expect((await fetch(cognito.options.jwksUri)).status).to.equal(200);
      await cognito.stop();
    });

    it("listens on loopback, and says when the port is taken", async () => {
      expect(playground.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
      const port = Number(new URL(playground.url).port);
      const error = await startPlayground({ port }).catch((failure: unknown) => failure);
      expect(error).to.include({ code: "EADDRINUSE" });
    });

    it("stops with requests open", async () => {
      const other = await startPlayground();
      const open = fetch(`${other.url}/playground/state`).then((answer) => answer.text());
      await open;
      await other.close();
      const answer = await fetch(other.url).catch(() => "gone");
      expect(answer).to.equal("gone");
    });
  });
});
