import { expect } from "chai";
import { AmplifyStage, type AmplifyTokens, usernameOf } from "./support/amplify-stage.js";
import type { Browser, Page } from "./support/browser.js";
import { startCognitoLocal } from "./support/cognito-local.js";
import { startMoto } from "./support/moto.js";
import { scratchProject } from "./support/scratch-project.js";
import { stopServers } from "./support/server-process.js";

const MINUTE_MS = 60_000;

describe("refresh of the tokens in Amplify's cookies", () => {
  after(stopServers);

  describe("at cognito-local, which knows InitiateAuth only", () => {
    let stage: AmplifyStage;
    const restart = (refreshFlow?: "InitiateAuth") =>
      stage.restart({ issuer: `${stage.emulator}/${stage.poolId}`, refreshFlow });
    /** Tokens that live for so long; those that are issued afterwards live for an hour. */
    const signInFor = async (minutes: number): Promise<AmplifyTokens> => {
      await stage.update(lifetime(minutes));
      const tokens = await stage.signIn();
      await stage.update(lifetime(60));
      return tokens;
    };

    before(async function () {
      this.timeout(400_000); // packs and installs
      await scratchProject();
      stage = await AmplifyStage.start(await startCognitoLocal());
    });
    beforeEach(() => restart());
    after(() => stage?.stop());

    it("renews tokens that have expired, by the older flow as soon as the newer is not known, and writes them back", async () => {
      const tokens = await signInFor(-60);
      const browser = stage.browserWith(tokens);
      expectRenewed(stage, browser, await stage.ask(browser, "/me"), tokens);
      expect(stage.operations).to.deep.equal(["GetTokensFromRefreshToken 500", "InitiateAuth 200"]);
      expect((await stage.ask(browser, "/me")).headers.getSetCookie()).to.deep.equal([]);
      expect(stage.operations).to.have.lengthOf(2);
    });

    it("renews tokens that are due, and asks by the newer flow no second time", async () => {
      for (const expected of [["GetTokensFromRefreshToken 500", "InitiateAuth 200"], ["InitiateAuth 200"]]) {
        stage.aheadMs = 0;
        const tokens = await signInFor(10);
        const browser = stage.browserWith(tokens);
        stage.aheadMs = 6 * MINUTE_MS;
        const from = stage.operations.length;
        expectRenewed(stage, browser, await stage.ask(browser, "/me"), tokens);
        expect((await stage.ask(browser, "/me")).status).to.equal(200);
        expect(stage.operations.slice(from)).to.deep.equal(expected);
      }
    });

    it("renews tokens that are good, when the application insists, by the flow that is configured", async () => {
      await restart("InitiateAuth");
      const tokens = await signInFor(60);
      const browser = stage.browserWith(tokens);
      expect((await stage.ask(browser, "/me")).status).to.equal(200);
      expect(stage.operations).to.deep.equal([]);
      expectRenewed(stage, browser, await stage.ask(browser, "/renewed"), tokens);
      expect(stage.operations).to.deep.equal(["InitiateAuth 200"]);
    });

    it("ends the session, and removes its cookies, when nobody has such a refresh token", async () => {
      const tokens = { ...(await signInFor(-60)), refreshToken: "nobodys" };
      await expectOver(stage, tokens);
      expect(stage.operations).to.deep.equal(["GetTokensFromRefreshToken 500", "InitiateAuth 400"]);
    });
  });

  describe("at moto", () => {
    let stage: AmplifyStage;
    const restart = (refreshFlow?: "InitiateAuth") =>
      stage.restart({ issuer: `https://cognito-idp.us-east-1.amazonaws.com/${stage.poolId}`, refreshFlow });

    before(async () => {
      stage = await AmplifyStage.start(await startMoto());
    });
    beforeEach(() => restart("InitiateAuth"));
    after(() => stage?.stop());

    it("renews tokens that are due, by InitiateAuth where that is configured, and writes them back", async () => {
      const tokens = await stage.signIn();
      const browser = stage.browserWith(tokens);
      stage.aheadMs = 57 * MINUTE_MS; // of the hour that moto's tokens live, whatever the app client says
      expectRenewed(stage, browser, await stage.ask(browser, "/me"), tokens);
      expect(stage.operations).to.deep.equal(["InitiateAuth 200"]);
    });

    it("renews tokens that are good, when the application insists", async () => {
      const tokens = await stage.signIn();
      const browser = stage.browserWith(tokens);
      expectRenewed(stage, browser, await stage.ask(browser, "/renewed"), tokens);
      expect((await stage.ask(browser, "/me")).status).to.equal(200);
      expect(stage.operations).to.deep.equal(["InitiateAuth 200"]);
    });

    it("ends the session, and removes its cookies, when nobody has such a refresh token", async () => {
      const tokens = { ...(await stage.signIn()), refreshToken: "nobodys" };
      await expectOver(stage, tokens);
      expect(stage.operations).to.deep.equal(["InitiateAuth 400"]);
    });

    it("cannot renew by default: to GetTokensFromRefreshToken moto answers 500, as a service does that fails", async () => {
      await restart();
      const tokens = await stage.signIn();
      const browser = stage.browserWith(tokens);
      stage.aheadMs = 57 * MINUTE_MS;
      const due = await stage.ask(browser, "/me");
      expect({ status: due.status, cookies: due.headers.getSetCookie() }).to.deep.equal({ status: 200, cookies: [] });
      expect(stage.operations, "no sign that the operation is not known").to.deep.equal([
        "GetTokensFromRefreshToken 500",
      ]);
      const forced = await stage.ask(browser, "/renewed");
      expect(JSON.parse(forced.text)).to.include({ status: 503, code: "credentials_unavailable" });
      expect(forced.status).to.equal(503);
      expect(Number(forced.headers.get("retry-after"))).to.be.above(0);
      expect(stage.tokensIn(browser)).to.include(tokens);
    });
  });
});

function lifetime(minutes: number) {
  return {
    AccessTokenValidity: minutes,
    IdTokenValidity: minutes,
    TokenValidityUnits: { AccessToken: "minutes", IdToken: "minutes" },
  } as const;
}

/** The user is answered, and the browser has other tokens than before, under the same names, and the same refresh token. */
function expectRenewed(stage: AmplifyStage, browser: Browser, { status, text }: Page, before: AmplifyTokens): void {
  expect(status, text).to.equal(200);
  expect(JSON.parse(text)).to.include({ username: usernameOf(before) });
  const after = stage.tokensIn(browser);
  expect(after).to.have.all.keys("LastAuthUser", "accessToken", "idToken", "refreshToken");
  expect(after).to.include({ LastAuthUser: usernameOf(before), refreshToken: before.refreshToken });
  expect(after.accessToken).not.to.equal(before.accessToken);
  expect(after.idToken).not.to.equal(before.idToken);
}

/** A session that cannot be renewed any more is over, in the browser too. */
async function expectOver(stage: AmplifyStage, tokens: AmplifyTokens): Promise<void> {
  const browser = stage.browserWith(tokens);
  const { status, text, headers } = await stage.ask(browser, "/renewed");
  expect(JSON.parse(text)).to.include({ status: 401, code: "refresh_failed", name: "NotAuthorizedException" });
  expect(status).to.equal(401);
  expect(headers.get("www-authenticate")).to.include('error="invalid_token"');
  expect(stage.tokensIn(browser)).to.deep.equal({});
}
