import { expect } from "chai";
import { LocalCognito } from "cognito-auth-session/testing";
import { cli, environmentOf } from "./support/cli.js";

/** What a terminal would obey, and what would lead a reader astray. */
const HOSTILE = "\u001b[2J\u001b]0;owned\u0007\u009b31m\r\n\u202eevil\u2028\u{e0041}\u0000\u007f\b";

interface Decoded {
  readonly isToken: boolean;
  readonly verified: boolean;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly times?: Readonly<Record<string, { readonly iso: string; readonly relative: string }>>;
  readonly middleware: { readonly status: string; readonly message: string; readonly code?: string };
}

describe("cognito-auth-session decode", function () {
  this.timeout(30_000);
  let cognito: LocalCognito;
  before(async () => {
    cognito = await LocalCognito.start();
  });
  after(() => cognito.stop());

  const decode = async (args: readonly string[], input = "", isConfigured = true) =>
    cli(["decode", ...args], { input, env: isConfigured ? environmentOf(cognito.options) : {} });
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  const judged = async (token: string, args: readonly string[] = []): Promise<Decoded> =>
    JSON.parse((await decode(["--json", ...args], token)).stdout);

  it("shows claims, and times as people read them, and says that nothing was verified", async () => {
    const exp = inSeconds(-42 * 60 - 20);
    const { code, stdout, stderr } = await decode([cognito.signToken({ tokenUse: "access", claims: { exp } })]);
    expect([code, stderr]).to.deep.equal([0, ""]);
    expect(stdout).to.match(/^Nothing of this was verified/);
    expect(stdout).to.match(/^ {2}alg {2}"RS256"$/m);
    expect(stdout).to.match(/^ {2}username +"local-user"$/m);
    const iso = new Date(exp * 1000).toISOString().replace(".000", "");
    expect(stdout).to.contain(`${iso}, 42 minutes ago (${exp})`);
    expect(stdout).to.contain("fail  401 token_expired: The token has expired.\n      Fix: Refresh the session");
  });

  it("takes a token from standard input, named so or not, with its scheme and white space", async () => {
    const token = cognito.signToken({ tokenUse: "id" });
    for (const [args, input] of [
      [["-"], token],
      [[], ` Bearer ${token}\n\n`],
    ] as const) {
      const { code, stdout } = await decode(args, input);
      expect([code, stdout.includes('"local-user"')]).to.deep.equal([0, true]);
    }
  });

  it("verifies only where it is asked to", async () => {
    const token = cognito.signToken({ tokenUse: "id" });
    const before = cognito.requests("JWKS");
    expect(await judged(token)).to.include({ isToken: true, verified: false });
    expect(cognito.requests("JWKS"), "no call was made").to.equal(before);
    expect(await judged(token, ["--verify"])).to.include({ isToken: true, verified: true });
    const forged = await decode(["--verify"], `${token.slice(0, -8)}AAAAAAAA`);
    expect(forged.code).to.equal(1);
    expect(forged.stdout).to.contain("Nothing of this was verified").and.contain("401 invalid_signature");
  });

  for (const { what, claims, tokenUse = "access", code, message } of [
    { what: "good claims", claims: {}, code: undefined, message: /would be taken, as an access token/ },
    { what: "an ID token", claims: {}, tokenUse: "id", code: undefined, message: /as an ID token/ },
    { what: "another issuer", claims: { iss: "https://x.test" }, code: "invalid_claims", message: /`iss`/ },
    { what: "another app client", claims: { client_id: "x" }, code: "invalid_claims", message: /`client_id`/ },
    { what: "no token use", claims: { token_use: "x" }, code: "invalid_claims", message: /`token_use`/ },
    { what: "no expiry", claims: { exp: undefined }, code: "invalid_claims", message: /`exp`/ },
    { what: "an absurd expiry", claims: { exp: 1e300 }, code: "invalid_claims", message: /`exp`/ },
    { what: "the past", claims: { exp: 1 }, code: "token_expired", message: /has expired/ },
  ] as const) {
    it(`says what the middleware would say of ${what}`, async () => {
      const { middleware } = await judged(cognito.signToken({ tokenUse, claims }));
      expect(middleware.code).to.equal(code);
      expect(middleware.message).to.match(message);
      expect(middleware.status).to.equal(code === undefined ? "pass" : "fail");
    });
  }

  it("says that it cannot tell without a configuration, and shows the token all the same", async () => {
    const { code, stdout } = await decode([cognito.signToken({ tokenUse: "id" })], "", false);
    expect(code).to.equal(0);
    expect(stdout).to.contain('"local-user"').and.contain("warn  What the middleware would say cannot be told");
  });

  it("lets no control character of a claim, or of its name, reach the terminal", async () => {
    const claims = { email: HOSTILE, [HOSTILE]: "x", nested: { [HOSTILE]: [HOSTILE] } };
    const token = cognito.signToken({ tokenUse: "id", claims, header: { kid: HOSTILE } });
    for (const args of [[], ["--json"]]) {
      const { stdout, stderr } = await decode(args, token);
      expect(stdout + stderr).not.to.match(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(stdout).to.contain("\\u001b[2J").and.contain("\\u202eevil");
    }
    expect((await judged(token)).payload?.email, "JSON says the same").to.equal(HOSTILE);
  });

  it("knows what is no token, and never shows it again", async () => {
    for (const [token, hint] of [
      ["nonsense-that-is-secret", /three parts with dots/],
      ["secret0.secret1.secret2.secret3.secret4", /encrypted: Cognito's refresh tokens are/],
      [`secret0.${"x".repeat(20_000)}.y`, /three parts/],
    ] as const) {
      const { code, stdout, stderr } = await decode([], token);
      expect(code).to.equal(1);
      expect(stdout).to.match(hint);
      expect(stdout + stderr).not.to.contain("secret");
    }
    expect(await judged("nonsense")).to.deep.include({ isToken: false, verified: false });
  });

  it("wants a token", async () => {
    const { code, stderr } = await decode([], "  \n");
    expect([code, stderr]).to.deep.equal([2, "No token was given: standard input is empty.\n"]);
    expect((await decode([], "x".repeat(100_000))).stderr).to.contain("too long to be a token");
  });
});
