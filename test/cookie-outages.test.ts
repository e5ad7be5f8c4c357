import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { AuthError, SessionManager } from "cognito-auth-session";
import { LocalCognito, type LocalCognitoOptions } from "cognito-auth-session/testing";
import { isUnclear } from "../src/errors/from-aws.js";
import { TestClock } from "./support/app.js";
import { type CookieApp, type CookieJar, ScriptedStore, startCookieApp, until } from "./support/cookie-app.js";
import { expectRefusal } from "./support/expectations.js";

const CALL = "GetTokensFromRefreshToken";

/** What must not sign anybody out: what was never sent, what does not rotate, what this process ends itself. */
describe("Outages and browser sessions", () => {
  let clock: TestClock;
  let serviceClock: TestClock;
  let cognito: LocalCognito;
  let store: ScriptedStore;
  let app: CookieApp;
  const engines: SessionManager[] = [];

  async function start(options: LocalCognitoOptions = {}, managerOptions: object = {}): Promise<void> {
    clock = new TestClock();
    serviceClock = new TestClock();
    cognito = await LocalCognito.start({ clock: serviceClock.read, ...options });
    store = new ScriptedStore(clock.read);
    const encryptionKeys = [randomBytes(32).toString("base64")];
    const shared = { store, encryptionKeys, identityPoolId: null, requestTimeout: 1000, ...managerOptions };
    app = await startCookieApp({ cognito, clock: clock.read, managerOptions: shared });
  }
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.close()));
    await app?.close();
    await cognito?.stop();
  });

  const pass = (minutes: number): void => {
    clock.advance({ minutes });
    serviceClock.advance({ minutes });
  };
  const engine = (): SessionManager => {
    const made = new SessionManager(app.managerOptions, { clock: clock.read });
    engines.push(made);
    return made;
  };
  const who = (sessions: SessionManager, { header }: CookieJar): Promise<unknown> =>
    sessions.getSession({ method: "GET", headers: { cookie: header } }).then(
      ({ username }) => username,
      ({ code }) => code,
    );

  it("a call that failed while it connected was never sent, whatever the system calls it", () => {
    const failed = (facts: object) => Object.assign(new Error("x"), facts);
    for (const code of ["ETIMEDOUT", "EADDRNOTAVAIL", "EMFILE", "ENETDOWN", "EHOSTDOWN", "EACCES", "ENOBUFS"]) {
      expect(isUnclear(failed({ code, syscall: "connect" })), code).to.equal(false);
      expect(isUnclear(failed({ code, syscall: "read" })), code).to.equal(true);
    }
    expect(isUnclear(failed({ code: "EAI_FAIL", syscall: "getaddrinfo" }))).to.equal(false);
    const message = "@smithy/node-http-handler - the request socket did not establish a connection with the server";
    expect(isUnclear(Object.assign(new Error(message), { name: "TimeoutError" }))).to.equal(false);
    expect(isUnclear(failed({ name: "TimeoutError" }))).to.equal(true);
  });

  it("an app client that turns out not to rotate is asked again after an unclear answer", async () => {
    await start({ refreshTokenRotation: false });
    const [ada, bob] = [await app.signIn("ada"), await app.signIn("bob")];
    pass(57);
    cognito.fail(CALL, { status: 500, times: 1 });
    expect((await app.request("/me", { jar: ada })).status).to.equal(200);
    expect((await app.request("/me", { jar: bob })).status).to.equal(200);
    pass(10);
    expect((await app.request("/me", { jar: ada })).status).to.equal(200);
    expect(cognito.requests(CALL)).to.equal(3);
  });

  it("a process that is closed waits for its refreshes", async () => {
    await start();
    const jar = await app.signIn("ada");
    const old = engine();
    await old.warmUp();
    pass(57);
    cognito.fail(CALL, { delay: 300, times: 1 });
    const asked = who(old, jar);
    await until(() => cognito.requests(CALL) === 1);
    await old.close();
    expect(await asked).to.equal("ada");
    pass(10);
    expect(await who(app.sessions, jar)).to.equal("ada");
  });

  it("a note of use that the store was slow to take keeps its lock: a refresh waits until it cannot come late", async () => {
    await start({}, { sessionIdleTimeout: 3600 });
    const jar = await app.signIn("ada");
    pass(4);
    let isNoted = false;
    store.before = (operation) => {
      if (operation !== "set") return;
      isNoted = true;
      throw new Error("slow");
    };
    expect((await app.request("/me", { jar })).status).to.equal(200);
    await until(() => isNoted);
    store.before = () => {};
    const insisting = engine().refreshSession({ method: "GET", headers: { cookie: jar.header } }, true);
    const code = await insisting.catch((error: unknown) => error);
    expect([code instanceof AuthError && code.code, cognito.requests(CALL)]).to.deep.equal([
      "credentials_unavailable",
      0,
    ]);
    clock.advance({ seconds: 11 });
    expect(await who(engine(), jar)).to.equal("ada");
  });

  it("new tokens that do not pass are no sign-out, and are not fetched at every request", async () => {
    await start();
    const jar = await app.signIn("ada");
    pass(61);
    serviceClock.advance({ seconds: 20 });
    for (let count = 0; count < 10; count += 1) {
      expectRefusal(await app.request("/me", { jar }), "credentials_unavailable");
    }
    expect(cognito.requests(CALL)).to.be.at.most(2);
    clock.advance({ seconds: 40 });
    serviceClock.advance({ seconds: 20 });
    expect((await app.request("/me", { jar })).status).to.equal(200);
  });

  it("a refresh token that Cognito refused is not sent again by whoever keeps sending it", async () => {
    await start({}, { cookies: "amplify" });
    const { accessToken, idToken } = cognito.signIn({ username: "ada" });
    const name = `CognitoIdentityServiceProvider.${cognito.options.clientId}`;
    const cookie = [`${name}.LastAuthUser=ada`, `${name}.ada.accessToken=${accessToken}`];
    cookie.push(`${name}.ada.idToken=${idToken}`, `${name}.ada.refreshToken=made-up`);
    pass(61);
    for (let count = 0; count < 10; count += 1) {
      const answer = await app.request("/me", { headers: { Cookie: cookie.join("; ") } });
      expectRefusal(answer, "refresh_failed");
      expect(answer.headers["cache-control"]).to.match(/no-store/);
    }
    expect(cognito.requests(CALL)).to.equal(1);
  });
});
