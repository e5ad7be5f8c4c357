import { expect } from "chai";
import type { AuthSessionOptions } from "cognito-auth-session";
import { LocalCognito, type LocalTokens } from "cognito-auth-session/testing";
import supertest from "supertest";
import { appWith, get } from "./support/app.js";

describe("Reading the token from the request", () => {
  let cognito: LocalCognito;
  let tokens: LocalTokens;
  const optional = () => ({ ...cognito.options, required: false });

  before(async () => {
    cognito = await LocalCognito.start();
    tokens = cognito.signIn({ username: "ada", groups: ["admin"] });
  });
  after(() => cognito.stop());

  describe("the Authorization header", () => {
    it("is taken with the scheme in any case", async () => {
      await supertest(appWith(cognito.options)).get("/me").set("Authorization", `bEaReR ${tokens.idToken}`).expect(200);
    });
  });

  describe("the ID token header", () => {
    it("pairs an ID token with an access token", async () => {
      const { body } = await get(appWith(cognito.options), "/me", tokens.accessToken, tokens.idToken).expect(200);
      expect(body.scopes).to.deep.equal(["aws.cognito.signin.user.admin"]);
      expect(body.identityId).to.match(/^eu-west-1:/);
    });

    it("can be given another name", async () => {
      const app = appWith({ ...cognito.options, idTokenHeader: "X-Amz-Id" });
      const test = supertest(app)
        .get("/me")
        .set("Authorization", `Bearer ${tokens.accessToken}`)
        .set("x-amz-id", tokens.idToken);
      expect((await test.expect(200)).body.identityId).to.match(/^eu-west-1:/);
    });
  });

  describe("required: false", () => {
    it("makes an anonymous session of a request without a token", async () => {
      const { body } = await get(appWith(optional()), "/me").expect(200);
      expect(body).to.deep.equal({ isAuthenticated: false, groups: [], scopes: [] });
    });
  });

  describe("tokenUse", () => {
    const cases: [AuthSessionOptions["tokenUse"], "accessToken" | "idToken"][] = [
      ["any", "accessToken"],
      ["any", "idToken"],
      ["access", "accessToken"],
      ["id", "idToken"],
    ];
    for (const [tokenUse, token] of cases) {
      it(`"${tokenUse}" takes an ${token}, remembered or not`, async () => {
        const app = appWith({ ...cognito.options, tokenUse });
        for (let round = 0; round < 2; round += 1) await get(app, "/me", tokens[token]).expect(200);
      });
    }

    it('"access" still takes an ID token as the second', async () => {
      await get(appWith({ ...cognito.options, tokenUse: "access" }), "/me", tokens.accessToken, tokens.idToken).expect(
        200,
      );
    });
  });

  describe("getToken", () => {
    it("replaces the Authorization header", async () => {
      const app = appWith({ ...cognito.options, getToken: (req) => String(req.headers["x-token"]) });
      await supertest(app).get("/me").set("X-Token", tokens.idToken).set("Authorization", "Basic x").expect(200);
    });

    it("may take its time", async () => {
      await get(appWith({ ...cognito.options, getToken: async () => tokens.idToken }), "/me").expect(200);
    });
  });
});
