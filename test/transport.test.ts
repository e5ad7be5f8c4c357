import { expect } from "chai";
import { AuthError, type AuthSessionOptions, SessionManager } from "cognito-auth-session";
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
        for (let round = 0; round < 3; round += 1) await get(app, "/me", tokens[token]).expect(200);
      });
    }

    it('"access" still takes an ID token as the second', async () => {
      await get(appWith({ ...cognito.options, tokenUse: "access" }), "/me", tokens.accessToken, tokens.idToken).expect(
        200,
      );
    });
  });

  describe("a refused way of sending it", () => {
    const { raw, cases } = waysToFail();
    for (const [how, lines, suggestion] of cases) {
      it(`tells the operator what to mend: ${how}`, async () => {
        const error = await refusal(cognito.options, raw(lines(tokens)));
        expect(error).to.include({ code: "invalid_request", status: 400 });
        expect(error).to.have.property("recoverySuggestion", suggestion);
        expect(error).to.have.property("message", new AuthError("invalid_request").message);
        expect(error).to.have.deep.property("headers", new AuthError("invalid_request").headers);
      });
    }

    it("tells each in its own words", () => {
      expect(new Set(cases.map(([, , suggestion]) => suggestion))).to.have.length(12);
    });
  });

  describe("getToken", () => {
    it("replaces the Authorization header", async () => {
      const app = appWith({ ...cognito.options, getToken: (req) => String(req.headers["x-token"]) });
      await supertest(app).get("/me").set("X-Token", tokens.idToken).set("Authorization", "Basic x").expect(200);
    });

    it("that gives no text says so to the operator", async () => {
      const getToken = () => ({ token: tokens.idToken }) as unknown as string;
      const error = await refusal({ ...cognito.options, getToken }, { headers: {} });
      expect(error).to.include({ code: "malformed_token", status: 401 });
      expect(error).to.have.property(
        "recoverySuggestion",
        "`getToken` must return the raw token as a string, or nothing.",
      );
    });

    it("may take its time", async () => {
      await get(appWith({ ...cognito.options, getToken: async () => tokens.idToken }), "/me").expect(200);
    });
  });
});

/** What a request's session is refused with. */
function refusal(options: AuthSessionOptions, request: Parameters<SessionManager["getSession"]>[0]): Promise<unknown> {
  return new SessionManager(options).getSession(request).then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

/** Header lines that are refused, and what the operator is told of each. */
function waysToFail() {
  type Lines = readonly (readonly [name: string, value: string])[];
  const bearer = (value: string): Lines => [["Authorization", value]];
  const both = ({ accessToken }: LocalTokens, value: string): Lines => [
    ["Authorization", `Bearer ${accessToken}`],
    ["X-Id-Token", value],
  ];
  const form = "`Authorization` is `Bearer`, one space, and the token: nothing else may stand in it.";
  const noScheme = "`Authorization` does not begin with `Bearer `: write the scheme before the token.";
  const cases: [string, (tokens: LocalTokens) => Lines, string][] = [
    ["no scheme", ({ idToken }) => bearer(idToken), noScheme],
    ["no space after the scheme", ({ idToken }) => bearer(`Bearer${idToken}`), noScheme],
    ["no token", () => bearer("Bearer"), "Nothing follows `Bearer`: the client had no token to send."],
    [
      "the scheme twice",
      ({ idToken }) => bearer(`Bearer bearer ${idToken}`),
      "`Authorization` says `Bearer` twice: the client added it to a value that had it already.",
    ],
    ["two spaces", ({ idToken }) => bearer(`Bearer  ${idToken}`), form],
    ["something after the token", ({ idToken }) => bearer(`Bearer ${idToken} x`), form],
    [
      "a list",
      ({ idToken }) => bearer(`Bearer ${idToken}, Bearer ${idToken}`),
      "`Authorization` holds a comma-separated list: send one token, in one header.",
    ],
    [
      "two Authorization headers",
      ({ idToken }) => [...bearer(`Bearer ${idToken}`), ...bearer(`Bearer ${idToken}`)],
      "The request has several `Authorization` headers: send one.",
    ],
    [
      "two ID token headers",
      (tokens) => [...both(tokens, tokens.idToken), ["x-id-token", tokens.idToken]],
      "The request has several ID token headers: send one.",
    ],
    [
      "an empty ID token header",
      (tokens) => both(tokens, ""),
      "The ID token header is empty: leave it out where there is no ID token.",
    ],
    [
      "an ID token header with a scheme",
      (tokens) => both(tokens, `Bearer ${tokens.idToken}`),
      "The ID token header takes the bare token, without `Bearer ` before it.",
    ],
    [
      "an ID token header with a list",
      (tokens) => both(tokens, `${tokens.idToken}, ${tokens.idToken}`),
      "The ID token header takes one token: no space and no comma may stand in it.",
    ],
    [
      "a lone ID token header",
      ({ idToken }) => [["X-Id-Token", idToken]],
      "The ID token header needs an access token beside it, as `Authorization: Bearer`. Send a lone ID token as the bearer.",
    ],
    [
      "an ID token beside an ID token",
      ({ idToken }) => [...bearer(`Bearer ${idToken}`), ["X-Id-Token", idToken]],
      "The bearer is an ID token already: leave the ID token header out, or send the access token as the bearer.",
    ],
  ];
  /** As Node gives them: the first of each name, and all of them raw. */
  const raw = (lines: Lines) => ({
    headers: Object.fromEntries([...lines].reverse().map(([name, value]) => [name.toLowerCase(), value])),
    rawHeaders: lines.flat(),
  });
  return { raw, cases };
}
