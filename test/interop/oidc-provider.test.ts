import { expect } from "chai";
import { Browser, type Page } from "./support/browser.js";
import { GROUPS } from "./support/openid-provider.js";
import { OpenIdStage } from "./support/openid-stage.js";

const MINUTE_MS = 60_000;

for (const [kind, isConfidential] of [
  ["a public client", false],
  ["a confidential client", true],
] as const) {
  describe(`browser sessions with oidc-provider, as ${kind}`, () => {
    let stage: OpenIdStage;

    before(async () => {
      stage = await OpenIdStage.start({ isConfidential });
    });
    beforeEach(() => stage.restart());
    after(() => stage?.stop());

    describe("sign-in", () => {
      it("leads by the provider's login page back to where the user wanted to go, signed in", async () => {
        const browser = new Browser();
        const login = await stage.begin(browser, "?returnTo=/welcome");
        expect(login.url).to.match(/\/interaction\//);
        const { url: callback } = await browser.submit(login, { username: "ada" }, stage.isCallback);
        const { status, url, text } = await browser.visit(callback);
        expect({ status, url, text }).to.include({ status: 200, url: `${stage.origin}/welcome` });
        const { body } = await stage.get(browser, "/auth/session");
        expect(body).to.include({ isAuthenticated: true, username: "ada", userSub: "sub-of-ada" });
        expect(body).to.have.nested.property("userInfo.email", "ada@example.com");
        const scopes = ["openid", "email", "profile"];
        expect((await stage.get(browser, "/me")).body).to.deep.include({ username: "ada", groups: GROUPS, scopes });
      });

      it("needs no second login while the provider's own session lasts, unless `prompt=login` asks for one", async () => {
        const browser = await stage.signIn("ada");
        expect(stage.isCallback((await stage.begin(browser)).url)).to.equal(true);
        expect((await stage.begin(browser, "?prompt=login")).text).to.include("<h1>login</h1>");
      });

      it("answers 403 when the user cancels, and can be begun again", async () => {
        const browser = new Browser();
        const login = await stage.begin(browser);
        const cancelled = await browser.submit(login, { cancelled: "yes" });
        expect(new URL(cancelled.url).searchParams.get("error")).to.equal("access_denied");
        expectPage(cancelled, 403);
        expect((await stage.get(browser, "/auth/session")).body).to.deep.equal({ isAuthenticated: false });
        expect((await browser.visit(await stage.beginAndLogIn(browser, "ada"))).status).to.equal(200);
      });

      it("answers 403 when the provider does not take the request, here one without PKCE", async () => {
        const browser = new Browser();
        const begun = await browser.ask(`${stage.origin}/auth/sign-in`);
        const authorize = new URL(begun.headers.get("location") ?? "");
        expect(authorize.searchParams.get("code_challenge_method")).to.equal("S256");
        for (const name of ["code_challenge", "code_challenge_method"]) authorize.searchParams.delete(name);
        const refused = await browser.visit(authorize);
        expect(new URL(refused.url).searchParams.get("error_description")).to.match(/PKCE/);
        expectPage(refused, 403);
      });

      for (const parameter of ["state", "iss", "code"]) {
        it(`refuses a callback whose \`${parameter}\` was altered`, async () => {
          const browser = new Browser();
          const callback = new URL(await stage.beginAndLogIn(browser, "ada"));
          callback.searchParams.set(parameter, `${callback.searchParams.get(parameter)}x`);
          expectPage(await browser.visit(callback), 400);
          expect((await stage.get(browser, "/auth/session")).body).to.deep.equal({ isAuthenticated: false });
        });
      }

      it("refuses a callback in another browser than the one that began, and the one that began still can", async () => {
        const browser = new Browser();
        const callback = await stage.beginAndLogIn(browser, "ada");
        expectPage(await new Browser().visit(callback), 400);
        expect((await browser.visit(callback)).status).to.equal(200);
      });

      it("refuses another's code in a sign-in of one's own: the provider compares the PKCE verifier", async () => {
        const [mallory, ada] = [new Browser(), new Browser()];
        const stolen = new URL(await stage.beginAndLogIn(ada, "ada"));
        const own = new URL(await stage.beginAndLogIn(mallory, "mallory"));
        own.searchParams.set("code", stolen.searchParams.get("code") ?? "");
        expectPage(await mallory.visit(own), 400);
        expect((await stage.get(mallory, "/auth/session")).body).to.deep.equal({ isAuthenticated: false });
      });

      it("answers 500 and no more when the provider does not take the client secret", async () => {
        await stage.restart({ clientSecret: "planted-secret" });
        const browser = new Browser();
        const refused = await browser.visit(await stage.beginAndLogIn(browser, "ada"));
        expectPage(refused, 500);
        expect(refused.text).not.to.match(/planted|secret|invalid_client/i);
      });
    });

    describe("refresh", () => {
      /** A session whose tokens are due for a refresh, or have expired. What is issued from now on lives for an hour. */
      const agedSession = async (age: "due" | "expired") => {
        stage.provider.lifetimeSeconds = 600;
        const browser = await stage.signIn("ada");
        stage.provider.lifetimeSeconds = 3600;
        stage.aheadMs = (age === "due" ? 5.5 : 11) * MINUTE_MS;
        return browser;
      };
      const refreshesSince = (from: number) => stage.translator.refreshes.slice(from);

      for (const age of ["due", "expired"] as const) {
        it(`rotates once for 20 requests that come together with ${age} tokens, and all are answered`, async () => {
          const browser = await agedSession(age);
          const from = stage.translator.refreshes.length;
          const answers = await Promise.all(Array.from({ length: 20 }, () => stage.get(browser, "/me")));
          expect(answers.map(({ status }) => status)).to.deep.equal(Array(20).fill(200));
          expect(refreshesSince(from)).to.have.lengthOf(1);
          expect((await stage.get(browser, "/me")).body).to.include({ username: "ada" });
          expect(refreshesSince(from)).to.have.lengthOf(1);
        });
      }

      it("renews when a page asks, each time with the refresh token that the last one gave", async () => {
        const browser = await stage.signIn("ada");
        const from = stage.translator.refreshes.length;
        for (const minutes of [1, 2, 3]) {
          stage.aheadMs = minutes * MINUTE_MS;
          expect((await stage.post(browser, "/auth/refresh")).status).to.equal(200);
        }
        const [first, second, third] = refreshesSince(from);
        expect([second?.refreshToken, third?.refreshToken]).to.deep.equal([first?.next, second?.next]);
        expect(new Set([first?.refreshToken, first?.next, second?.next, third?.next]).size).to.equal(4);
      });

      it("ends the session with 401 after its old refresh token was presented again: the provider ends the grant", async () => {
        const browser = await agedSession("due");
        const from = stage.translator.refreshes.length;
        await stage.get(browser, "/me");
        const [rotated] = refreshesSince(from);
        const reuse = await stage.present(rotated?.refreshToken ?? "");
        expect(reuse).to.have.nested.property("body.error", "invalid_grant");
        expect((await stage.get(browser, "/me")).status, "offline, nobody can know yet").to.equal(200);

        stage.aheadMs = 58 * MINUTE_MS;
        const over = await stage.get(browser, "/me");
        expect(over.body).to.include({ code: "refresh_failed", status: 401 });
        expect(over.status).to.equal(401);
        expect((await stage.get(browser, "/me")).body).to.include({ code: "missing_token" });
        expect((await stage.get(browser, "/auth/session")).body).to.deep.equal({ isAuthenticated: false });
      });

      it("ends the session with 401 when a thief used the refresh token first, and the thief's ends too", async () => {
        const browser = await stage.signIn("ada");
        const from = stage.translator.refreshes.length;
        stage.aheadMs = MINUTE_MS;
        await stage.post(browser, "/auth/refresh");
        const [{ next: stolen = "" } = {}] = refreshesSince(from);
        const theft = await stage.present(stolen);
        expect(theft.status).to.equal(200);

        stage.aheadMs = 58 * MINUTE_MS;
        const over = await stage.get(browser, "/me");
        expect(over.body).to.include({ code: "refresh_failed", name: "RefreshTokenReuseException", status: 401 });
        const thiefs = theft.body as { readonly refresh_token: string }; // status 200
        expect((await stage.present(thiefs.refresh_token)).body).to.include({ error: "invalid_grant" });
      });
    });

    describe("sign-out", () => {
      it("revokes the refresh token at the provider and ends the provider's own session", async () => {
        const browser = await stage.signIn("ada");
        const from = stage.translator.refreshes.length;
        stage.aheadMs = MINUTE_MS;
        await stage.post(browser, "/auth/refresh");
        const [{ next: refreshToken = "" } = {}] = stage.translator.refreshes.slice(from);
        const { revocations } = stage.translator;

        const signedOut = await stage.post(browser, "/auth/sign-out");
        expect(signedOut.status).to.equal(303);
        expect(stage.translator.revocations).to.equal(revocations + 1);
        expect((await stage.present(refreshToken)).body).to.include({ error: "invalid_grant" });
        expect((await stage.get(browser, "/auth/session")).body).to.deep.equal({ isAuthenticated: false });

        const question = await browser.visit(signedOut.headers.get("location") ?? "");
        expect(question.text).to.include("<h1>Sign out?</h1>");
        expect((await browser.submit(question, { logout: "yes" })).url).to.equal(`${stage.origin}/`);
        expect((await stage.begin(browser)).text).to.include("<h1>login</h1>");
      });

      it("is refused from another site, and nothing has ended", async () => {
        const browser = await stage.signIn("ada");
        const headers = { Origin: "https://elsewhere.example", "Sec-Fetch-Site": "cross-site" };
        const refused = await browser.ask(`${stage.origin}/auth/sign-out`, { method: "POST", headers });
        expectPage(refused, 403);
        expect((await stage.get(browser, "/me")).status).to.equal(200);
      });
    });
  });
}

/** A page of ours that says what went wrong to a person, and keeps to itself what only an operator needs. */
function expectPage({ status, headers, text }: Page, expected: number): void {
  expect(status, text).to.equal(expected);
  expect(headers.get("content-type")).to.match(/^text\/html/);
  expect(headers.get("cache-control")).to.equal("no-store");
  expect(headers.getSetCookie().join()).not.to.include("auth-session=");
}
