import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import { AuthError } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { refuseCrossSite } from "../src/browser/same-origin.js";
import { CookieJar } from "./support/cookie-app.js";
import { expectRefusal, expectRefusalHead } from "./support/expectations.js";
import { type RoutesApp, startRoutesApp } from "./support/routes-app.js";

const ORIGIN = "https://app.example.com";
type Headers = Readonly<Record<string, string | string[]>>;

/** What a browser tells of where a request comes from, and whether that is the application itself. */
const SENDERS: readonly [string, Headers, boolean][] = [
  ["nothing", {}, false],
  ["our origin", { Origin: ORIGIN }, true],
  ["no origin", { Origin: "null" }, false],
  ["an empty origin", { Origin: "" }, false],
  ["a foreign origin", { Origin: "https://evil.example" }, false],
  ["a sibling", { Origin: "https://www.app.example.com" }, false],
  ["a parent", { Origin: "https://example.com" }, false],
  ["our host without encryption", { Origin: "http://app.example.com" }, false],
  ["another port", { Origin: `${ORIGIN}:8443` }, false],
  ["the default port written out", { Origin: `${ORIGIN}:443` }, false],
  ["other case", { Origin: "https://APP.example.com" }, false],
  ["a trailing dot", { Origin: `${ORIGIN}.` }, false],
  ["a trailing slash", { Origin: `${ORIGIN}/` }, false],
  ["a longer host", { Origin: `${ORIGIN}.evil.example` }, false],
  ["our origin as a user name", { Origin: `${ORIGIN}@evil.example` }, false],
  ["two origins", { Origin: [ORIGIN, "https://evil.example"] }, false],
  ["our origin twice", { Origin: [ORIGIN, ORIGIN] }, false],
  ["our host in Host, a foreign origin", { Origin: "https://evil.example", Host: "evil.example" }, false],
  ["our page as referrer only", { Referer: `${ORIGIN}/` }, false],
  ["same-origin", { "Sec-Fetch-Site": "same-origin" }, true],
  ["the user", { "Sec-Fetch-Site": "none" }, true],
  ["same-site", { "Sec-Fetch-Site": "same-site", Origin: ORIGIN }, false],
  ["cross-site", { "Sec-Fetch-Site": "cross-site" }, false],
  ["cross-site with our origin", { "Sec-Fetch-Site": "cross-site", Origin: ORIGIN }, false],
  ["cross-site in other case", { "Sec-Fetch-Site": "Same-Origin", Origin: "null" }, false],
  ["an unknown site", { "Sec-Fetch-Site": "same-planet", Origin: ORIGIN }, false],
  ["an empty site", { "Sec-Fetch-Site": "", Origin: ORIGIN }, false],
  ["two sites", { "Sec-Fetch-Site": ["same-origin", "cross-site"] }, false],
];

describe("Requests with a session cookie", () => {
  let cognito: LocalCognito;
  let app: RoutesApp;
  let jar: CookieJar;

  before(async () => {
    cognito = await LocalCognito.start({ callbackUrls: [`${ORIGIN}/auth/callback`] });
    app = await startRoutesApp({ cognito, options: { origin: ORIGIN } });
    jar = await app.signIn("ada");
  });
  after(async () => {
    await app.close();
    await cognito.stop();
  });

  for (const [sender, headers, isOwn] of SENDERS) {
    it(`that change something are ${isOwn ? "served" : "refused"}: ${sender}`, async () => {
      for (const method of ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
        const answer = await app.ask("/me", { method, headers, jar });
        if (isOwn) expect([method, answer.status, answer.body]).to.deep.equal([method, 200, { username: "ada" }]);
        else expectRefusal(answer, "forbidden");
      }
      for (const method of ["GET", "HEAD", "OPTIONS"]) {
        expect((await app.ask("/me", { method, headers, jar })).status, method).to.equal(200);
      }
    });

    it(`and without one are not looked at for that: ${sender}`, async () => {
      const { accessToken } = cognito.signIn({ username: "bob" });
      for (const method of ["POST", "DELETE"]) {
        const bearer = { ...headers, Authorization: `Bearer ${accessToken}` };
        expect((await app.ask("/me", { method, headers: bearer })).body).to.deep.equal({ username: "bob" });
        expectRefusal(await app.ask("/me", { method, headers }), "missing_token");
        expectRefusal(await app.ask("/me", { method, headers: bearer, jar }), "invalid_request");
      }
    });

    it(`are ${isOwn ? "upgraded" : "not upgraded"} to WebSockets: ${sender}`, async () => {
      const upgrade = { ...headers, Connection: "Upgrade", Upgrade: "websocket" };
      const answer = await app.ask("/me", { headers: upgrade, jar });
      if (isOwn) expect([answer.status, answer.body]).to.deep.equal([200, { username: "ada" }]);
      else expectRefusal(answer, "forbidden");
    });
  }

  it("of a session that is over are refused for where they come from first", async () => {
    const old = new CookieJar([["__Host-auth-session", "A".repeat(43)]]);
    expectRefusal(await app.ask("/me", { method: "POST", jar: old }), "forbidden");
    expectRefusal(await app.post("/me", { jar: old }), "missing_token");
    expectRefusalHead(await app.ask("/me", { method: "HEAD", jar: old }), "missing_token");
  });

  it("with two ids are refused, whichever is good", async () => {
    const [[name = "", id = ""] = []] = [...jar.cookies];
    const headers = { Cookie: `${name}=${"B".repeat(43)}; ${name}=${id}`, Origin: ORIGIN };
    for (const method of ["GET", "POST"]) expectRefusal(await app.ask("/me", { method, headers }), "invalid_request");
    expectRefusal(await app.ask("/auth/sign-out", { method: "POST", headers }), "invalid_request");
  });
});

/** With Amplify's cookies nobody has to say what the origin is: the request's own host stands for it. */
describe("Where no origin is configured", () => {
  const HOSTS: readonly [string, Headers, boolean][] = [
    ["the origin of the host", { host: "app.example.com", origin: ORIGIN }, true],
    ["with its port", { host: "app.example.com:8443", origin: `${ORIGIN}:8443` }, true],
    ["another port", { host: "app.example.com:8443", origin: ORIGIN }, false],
    ["another host", { host: "app.example.com", origin: "https://evil.example" }, false],
    ["no origin", { host: "app.example.com" }, false],
    ["null", { host: "app.example.com", origin: "null" }, false],
    ["null, and no host, as in HTTP/2", { ":authority": "app.example.com", origin: "null" }, false],
    ["garbage, and no host", { origin: "::" }, false],
    ["an origin without a host, and an empty one", { host: "", origin: "file:///x" }, false],
    ["two origins", { host: "app.example.com", origin: `${ORIGIN}, ${ORIGIN}` }, false],
    ["the user", { host: "x", "sec-fetch-site": "none" }, true],
    ["cross-site", { host: "app.example.com", origin: ORIGIN, "sec-fetch-site": "cross-site" }, false],
  ];
  for (const [what, headers, isOwn] of HOSTS) {
    it(`a request is ${isOwn ? "own" : "foreign"}: ${what}`, () => {
      const refusal = refuseCrossSite({ method: "POST", headers }, undefined);
      if (isOwn) expect(refusal).to.equal(undefined);
      else expect(refusal).to.be.instanceOf(AuthError).that.includes({ code: "forbidden", status: 403 });
      if (headers[":authority"] === undefined) {
        const fetched = { method: "POST", headers: new Headers(headers as Record<string, string>) };
        expect(refuseCrossSite(fetched, undefined)?.code).to.equal(refusal?.code);
      }
    });
  }

  it("a request without a method is one that changes something", () => {
    expect(refuseCrossSite({ headers: {} }, ORIGIN)?.code).to.equal("forbidden");
  });
});

describe("A raw request", () => {
  it("of HTTP/1.0 without a host, or with an absolute target, is answered", async () => {
    const cognito = await LocalCognito.start();
    const app = await startRoutesApp({ cognito });
    const jar = await app.signIn("ada");
    for (const [head, status] of [
      [`POST /me HTTP/1.0\r\nOrigin: null\r\nCookie: ${jar.header}`, 403],
      [`GET /auth/session HTTP/1.0\r\nCookie: ${jar.header}`, 200],
      [`GET ${app.origin}/auth/session HTTP/1.1\r\nHost: x\r\nConnection: close`, 404],
      ["GET /auth/session?%zz=%&a[b]=%00 HTTP/1.1\r\nHost: x\r\nConnection: close", 200],
      ["GET /auth/session#x HTTP/1.1\r\nHost: x\r\nConnection: close", 404],
    ] as const) {
      const socket = connect(app.port, "127.0.0.1");
      socket.write(`${head}\r\n\r\n`);
      const [chunk] = (await once(socket, "data")) as [Buffer];
      socket.destroy();
      expect(`${head} ${/ (\d+)/.exec(String(chunk))?.[1]}`).to.equal(`${head} ${status}`);
    }
    await app.close();
    await cognito.stop();
  });
});
