import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { LocalCognito } from "cognito-auth-session/testing";
import type { Check } from "../src/cli/doctor/check.js";
import { LocalIdentityPool } from "../src/testing/identity-pool.js";
import { cli, environmentOf, type Result } from "./support/cli.js";
import { TROUBLES } from "./support/cli-troubles.js";

interface Report {
  readonly ok: boolean;
  readonly summary: Readonly<Record<Check["status"], number>>;
  readonly checks: readonly Check[];
}

describe("cognito-auth-session doctor", function () {
  this.timeout(60_000);
  let cognito: LocalCognito;
  const secrets: string[] = [];
  const { getCredentials } = LocalIdentityPool.prototype;

  before(() => {
    LocalIdentityPool.prototype.getCredentials = function (request) {
      const given = getCredentials.call(this, request);
      secrets.push(given.AccessKeyId, given.SecretKey, given.SessionToken);
      return given;
    };
  });
  after(() => {
    LocalIdentityPool.prototype.getCredentials = getCredentials;
  });
  beforeEach(async () => {
    cognito = await LocalCognito.start();
  });
  afterEach(() => cognito.stop());

  const examine = async (args: readonly string[] = [], input = "", env: Readonly<Record<string, string>> = {}) => {
    const result = await cli(["doctor", ...args], { input, env: { ...environmentOf(cognito.options), ...env } });
    expectNoSecret(result, [input, ...secrets]);
    return result;
  };

  it("passes all the way to the caller's role, and says so line by line", async () => {
    const { idToken } = cognito.signIn({ username: "ada" });
    const { code, stdout, stderr } = await examine(["--token", "-"], idToken);
    expect([code, stderr]).to.deep.equal([0, ""]);
    const lines = stdout.trim().split("\n");
    expect(lines.slice(0, -2).every((line) => line.startsWith("pass  "))).to.equal(true);
    expect(stdout).to.contain("arn:aws:sts::123456789012:assumed-role/local-cognito-user/CognitoIdentityCredentials");
    expect(lines.at(-1)).to.equal("11 passed, 0 warnings, 0 failed.");
    expect(secrets.length, "credentials were exchanged").to.be.greaterThan(0);
  });

  it("says what cannot be told without a token, and makes no guest to find out", async () => {
    const { code, stdout } = await examine(["--json"]);
    const { ok, summary, checks } = reportIn(stdout);
    expect([code, ok]).to.deep.equal([0, true]);
    expect(summary).to.deep.equal({ pass: 5, warn: 2, fail: 0 });
    expect(idsOf(checks, "warn")).to.deep.equal(["client", "identity-pool"]);
    for (const check of checks) {
      expect(Object.keys(check)).to.deep.equal([
        "id",
        "status",
        "message",
        ...(check.fix === undefined ? [] : ["fix"]),
      ]);
    }
    expect(checks.find(({ id }) => id === "identity-pool")?.message).to.contain("answers");
    expect(cognito.requests("GetCredentialsForIdentity")).to.equal(0);
  });

  it("says that an access token gets no credentials", async () => {
    const { code, stdout } = await examine(["--json", "--token", cognito.signIn({ username: "ada" }).accessToken]);
    expect(code).to.equal(0);
    expect(reportIn(stdout).checks.at(-1)).to.include({ id: "identity-pool", status: "warn" });
  });

  it("shows an emulator's credentials to no STS but the emulator's own", async () => {
    const { idToken } = cognito.signIn({ username: "ada" });
    const { AWS_ENDPOINT_URL_STS: _, ...env } = environmentOf(cognito.options);
    const { code, stdout } = await cli(["doctor", "--json", "--token", "-"], { input: idToken, env });
    expect(code).to.equal(0);
    const caller = reportIn(stdout).checks.at(-1);
    expect(caller).to.include({ id: "caller", status: "warn" });
    expect(caller?.fix).to.contain("AWS_ENDPOINT_URL_STS");
  });

  for (const { what, cause, failed, says, fix } of TROUBLES) {
    it(`finds out: ${what}`, async () => {
      const { idToken } = cognito.signIn({ username: "ada" });
      const { token = idToken, args = [], env = {}, stop } = await cause(cognito);
      const { code, stdout } = await examine(["--json", "--token", "-", ...args], token, env);
      const { ok, checks } = reportIn(stdout);
      const wrong = checks.filter(({ status }) => status === "fail");
      expect(idsOf(checks, "fail"), stdout).to.deep.equal(failed);
      expect([code, ok]).to.deep.equal([1, false]);
      const named = wrong.find(({ message }) => says.test(message));
      expect(named?.fix ?? stdout).to.match(fix);
      expect(wrong.filter((check) => !check.fix)).to.deep.equal([]);
      await stop?.();
    });
  }

  for (const { aheadSeconds, tolerance, status, says } of [
    { aheadSeconds: 3, tolerance: "5", status: "pass", says: /agrees/ },
    { aheadSeconds: 20, tolerance: "60", status: "warn", says: /2[01] seconds behind/ },
    { aheadSeconds: 90, tolerance: "60", status: "fail", says: /9[01] seconds behind.*from the future/ },
    { aheadSeconds: -90, tolerance: "60", status: "fail", says: /(?:89|9[01]) seconds ahead of.*too early/ },
  ]) {
    it(`finds a clock that is off by ${aheadSeconds} seconds, tolerating ${tolerance}: ${status}`, async () => {
      const server = createServer(async (request, response) => {
        const answer = await fetch(new URL(request.url ?? "/", cognito.options.userPoolEndpoint));
        response.setHeader("Date", new Date(Date.now() + aheadSeconds * 1000).toUTCString());
        response.writeHead(answer.status).end(await answer.text());
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const endpoint = `http://127.0.0.1:${port}`;
      const keys = `${endpoint}/${cognito.options.userPoolId}/.well-known/jwks.json`;
      const args = ["--json", "--user-pool-endpoint", endpoint, "--jwks-uri", keys, "--clock-tolerance", tolerance];
      const { code, stdout } = await examine(args);
      const clock = reportIn(stdout).checks.find(({ id }) => id === "clock");
      expect(clock?.status).to.equal(status);
      expect(clock?.message).to.match(says);
      expect(code).to.equal(status === "fail" ? 1 : 0);
      server.closeAllConnections();
      server.close();
    });
  }

  it("says where the configuration comes from, and the three ways where there is none", async () => {
    const { userPoolId, clientId, issuer } = cognito.options;
    const folder = mkdtempSync(join(tmpdir(), "doctor-"));
    const auth = { user_pool_id: userPoolId, user_pool_client_id: clientId };
    writeFileSync(join(folder, "amplify_outputs.json"), JSON.stringify({ auth }));
    const found = await cli(["doctor", "--issuer", issuer], { cwd: folder });
    expect([found.code, found.stdout]).to.satisfy(([code]: unknown[]) => code === 0, found.stdout);
    expect(found.stdout).to.match(/^pass {2}Configured by amplify_outputs\.json, --issuer: user pool/);
    rmSync(folder, { recursive: true });
    const none = await cli(["doctor"]);
    expect(none.code).to.equal(1);
    expect(none.stdout).to.contain("COGNITO_USER_POOL_ID").and.contain("--user-pool-id");
    const wrong = await cli(["doctor", "--json", "--user-pool-id", "eu-west-1_AbCdEfGhI"]);
    expect(reportIn(wrong.stdout).checks).to.have.length(1);
    expect(reportIn(wrong.stdout).checks[0]?.fix).to.match(/No app client is configured.*`--client-id`\.$/);
  });
});

function reportIn(stdout: string): Report {
  return JSON.parse(stdout);
}

function idsOf(checks: readonly Check[], status: Check["status"]): Check["id"][] {
  return checks.filter((check) => check.status === status).map(({ id }) => id);
}

function expectNoSecret({ stdout, stderr }: Result, secrets: readonly string[]): void {
  const output = stdout + stderr;
  expect(secrets.filter((secret) => secret.length > 8 && output.includes(secret))).to.deep.equal([]);
  expect(output).not.to.match(/eyJ[\w-]{10}|captive portal|Token is not from|Rate exceeded|Invalid identity pool conf/);
  expect(output, "no colour without a terminal").not.to.contain("\u001b");
}
