import { expect } from "chai";
import type { AuthErrorCode, AuthSessionOptions } from "cognito-auth-session";
import { LocalCognito, type LocalTokens } from "cognito-auth-session/testing";
import supertest from "supertest";
import { appWith, get } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";
import { sendRaw, withServer } from "./support/raw-http.js";

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
    const cases: [string, () => string | undefined, number, AuthErrorCode?][] = [
      ["is taken with the scheme in any case", () => `bEaReR ${tokens.idToken}`, 200],
      ["may be absent: 401 with a bare challenge", () => undefined, 401, "missing_token"],
      ["may be empty: 401", () => "", 401, "missing_token"],
      ["may hold another scheme: 401", () => "Basic YTpi", 401, "missing_token"],
      [
        "may hold a signature of AWS: 401",
        () => "AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=host",
        401,
        "missing_token",
      ],
      ["must not be `Bearer` alone", () => "Bearer", 400, "invalid_request"],
      ["must not have two spaces", () => `Bearer  ${tokens.idToken}`, 400, "invalid_request"],
      ["must not have a tab", () => `Bearer\t${tokens.idToken}`, 400, "invalid_request"],
      ["must not be a bare token", () => tokens.idToken, 400, "invalid_request"],
      ["must not say Bearer twice", () => `Bearer Bearer ${tokens.idToken}`, 400, "invalid_request"],
      ["must not hold two tokens", () => `Bearer ${tokens.idToken} ${tokens.idToken}`, 400, "invalid_request"],
      ["must not be a comma list", () => `Bearer ${tokens.idToken}, Bearer ${tokens.idToken}`, 400, "invalid_request"],
      ["must not join tokens by comma", () => `Bearer ${tokens.idToken},${tokens.idToken}`, 400, "invalid_request"],
      ["must not hold a quoted token", () => `Bearer "${tokens.idToken}"`, 401, "malformed_token"],
    ];
    for (const [name, value, status, code] of cases) {
      it(name, async () => {
        const header = value();
        const test = supertest(appWith(cognito.options)).get("/me");
        const response = await (header === undefined ? test : test.set("Authorization", header));
        expect(response.status).to.equal(status);
        if (code !== undefined) expectRefusal(response, code);
      });
    }

    it("must not come twice, although Node would keep the first", async () => {
      await withServer(appWith(cognito.options), async (port) => {
        const line = `Authorization: Bearer ${tokens.idToken}`;
        for (const lines of [
          [line, line],
          [line, "authorization: Basic YTpi"],
        ]) {
          const { status, text } = await sendRaw(port, lines);
          expect(status).to.equal(400);
          expect(text).to.contain('"code":"invalid_request"');
        }
        expect((await sendRaw(port, [line])).status).to.equal(200);
      });
    });

    it("may hold any bytes without harm", async () => {
      await withServer(appWith(cognito.options), async (port) => {
        for (const bytes of ["\xe9\xff\x80", 'a"b\\c', "\x01\x02", "{}[]<>", "%00%0d%0a"]) {
          const { status } = await sendRaw(port, [Buffer.from(`Authorization: Bearer ${bytes}`, "latin1")]);
          expect([400, 401], bytes).to.include(status);
        }
        expect((await sendRaw(port, [`Authorization: Bearer ${tokens.idToken}`])).status).to.equal(200);
      });
    });

    it("is the only place: query, form and JSON body are not read", async () => {
      const app = appWith(cognito.options);
      expectRefusal(
        await supertest(app).get(`/me?access_token=${tokens.accessToken}&token=${tokens.idToken}`),
        "missing_token",
      );
      expectRefusal(
        await supertest(app).post("/me").type("form").send({ access_token: tokens.accessToken }),
        "missing_token",
      );
      expectRefusal(await supertest(app).post("/me").send({ access_token: tokens.accessToken }), "missing_token");
      expectRefusal(
        await supertest(app).get("/me").set("Cookie", `access_token=${tokens.accessToken}`),
        "missing_token",
      );
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

    const bad: [string, () => [string | undefined, string], AuthErrorCode][] = [
      ["is not taken alone", () => [undefined, tokens.idToken], "invalid_request"],
      ["is not taken beside an ID token", () => [tokens.idToken, tokens.idToken], "invalid_request"],
      ["must not hold an access token", () => [tokens.accessToken, tokens.accessToken], "invalid_claims"],
      ["must not be empty", () => [tokens.accessToken, ""], "invalid_request"],
      ["must not be a list", () => [tokens.accessToken, `${tokens.idToken}, ${tokens.idToken}`], "invalid_request"],
      ["must not hold garbage", () => [tokens.accessToken, "garbage"], "malformed_token"],
      [
        "must not hold an expired token",
        () => [tokens.accessToken, cognito.signToken({ tokenUse: "id", claims: { exp: 1 } })],
        "token_expired",
      ],
    ];
    for (const [name, given, code] of bad) {
      it(`${name}: ${code}, also where a token is optional`, async () => {
        for (const options of [cognito.options, optional()]) {
          expectRefusal(await get(appWith(options), "/me", ...given()), code);
        }
      });
    }
  });

  describe("required: false", () => {
    it("makes an anonymous session of a request without a token", async () => {
      const { body } = await get(appWith(optional()), "/me").expect(200);
      expect(body).to.deep.equal({ isAuthenticated: false, groups: [], scopes: [] });
    });

    it("still refuses a bad token", async () => {
      expectRefusal(await get(appWith(optional()), "/me", "garbage"), "malformed_token");
      expectRefusal(await supertest(appWith(optional())).get("/me").set("Authorization", "Bearer"), "invalid_request");
    });
  });

  describe("tokenUse", () => {
    const cases: [AuthSessionOptions["tokenUse"], "accessToken" | "idToken", number][] = [
      ["any", "accessToken", 200],
      ["any", "idToken", 200],
      ["access", "accessToken", 200],
      ["access", "idToken", 401],
      ["id", "idToken", 200],
      ["id", "accessToken", 401],
    ];
    for (const [tokenUse, token, status] of cases) {
      it(`"${tokenUse}" answers an ${token} with ${status}, remembered or not`, async () => {
        const app = appWith({ ...cognito.options, tokenUse });
        for (let round = 0; round < 2; round += 1) {
          const response = await get(app, "/me", tokens[token]);
          if (status === 200) expect(response.status).to.equal(200);
          else expectRefusal(response, "invalid_claims");
        }
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

    const outcomes: [string, () => unknown, AuthErrorCode][] = [
      ["gives nothing", () => undefined, "missing_token"],
      ["gives null", () => null, "missing_token"],
      ["gives an empty string", () => "", "missing_token"],
      [
        "throws",
        () => {
          throw new Error("no");
        },
        "invalid_request",
      ],
      ["rejects", () => Promise.reject(new Error("no")), "invalid_request"],
      ["rejects with nothing", () => Promise.reject(undefined), "invalid_request"],
      ["never settles", () => new Promise(() => {}), "invalid_request"],
      ["gives an object", () => ({ token: "x" }), "malformed_token"],
      ["gives an object that is a string's twin", () => ({ toString: () => tokens.idToken }), "malformed_token"],
      ["gives a number", () => 42, "malformed_token"],
      ["gives 5 MB", () => "a".repeat(5_000_000), "malformed_token"],
    ];
    for (const [name, give, code] of outcomes) {
      it(`that ${name} is ${code}`, async () => {
        // A JavaScript user may return anything.
        const getToken = give as () => string;
        expectRefusal(await get(appWith({ ...cognito.options, getToken, requestTimeout: 50 }), "/me"), code);
      });
    }
  });

  it("counts tokens over 16 KiB as malformed before looking inside", async () => {
    const getToken = () => cognito.signToken({ tokenUse: "access", claims: { padding: "x".repeat(13_000) } });
    expectRefusal(await get(appWith({ ...cognito.options, getToken }), "/me"), "malformed_token");
  });
});
