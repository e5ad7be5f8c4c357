import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { LocalCognito, memoryStore } from "cognito-auth-session/testing";
import type { ErrorRequestHandler } from "express";
import supertest from "supertest";
import { createApp as createBasics } from "../examples/express-basics.js";
import { createApp as createGroups } from "../examples/express-groups.js";
import { createApp as createFleet } from "../examples/fleet.js";
import { createApp as createFiles } from "../examples/s3-user-files.js";
import { LocalS3 } from "../examples/support/local-s3.js";
import { get } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";
import { withServer } from "./support/raw-http.js";

const ROOT = join(import.meta.dirname, "..");

describe("The examples", () => {
  let cognito: LocalCognito;
  before(async () => {
    cognito = await LocalCognito.start();
  });
  after(() => cognito.stop());

  it("express-basics: says who calls", async () => {
    const app = createBasics(cognito.options);
    const { idToken } = cognito.signIn({ username: "ada", groups: ["dev"], attributes: { email: "ada@example.com" } });
    await get(app, "/health").expect(200);
    const { body } = await get(app, "/me", idToken).expect(200);
    expect(body.user).to.include({ username: "ada", email: "ada@example.com" });
    expect(body.groups).to.deep.equal(["dev"]);
    expectRefusal(await get(app, "/me"), "missing_token");
  });

  it("express-groups: says who may", async () => {
    const app = createGroups(cognito.options);
    const reader = cognito.signIn({ username: "rob", groups: ["reader"], scopes: ["orders/read"] }).accessToken;
    const boss = cognito.signIn({ username: "ada", groups: ["admin", "finance"] }).accessToken;
    await get(app, "/reports", reader).expect(200);
    await get(app, "/orders", reader).expect(200);
    await supertest(app).post("/payouts").set("Authorization", `Bearer ${boss}`).expect(202);
    expectRefusal(await supertest(app).post("/payouts").set("Authorization", `Bearer ${reader}`), "insufficient_group");
    expectRefusal(await get(app, "/orders", boss), "insufficient_scope", { scope: "orders/read" });
    expectRefusal(await get(app, "/users/somebody", reader), "forbidden");
  });

  it("fleet: two servers share what they fetched, and a sign-out counts on both", async () => {
    const local = await LocalCognito.start({ unauthenticatedIdentities: true });
    const shared = { ...local.options, store: memoryStore(), encryptionKeys: [randomBytes(32).toString("base64")] };
    const [one, other] = [createFleet(shared).app, createFleet(shared).app];
    const { admin } = { admin: "arn:aws:iam::123456789012:role/admins" };
    const { idToken } = local.signIn({ username: "ada", groups: ["admin"], roles: [admin] });
    const here = (await get(one, "/whoami", idToken).expect(200)).body;
    expect((await get(other, "/whoami", idToken).expect(200)).body).to.deep.equal(here);
    expect(local.callerIdentity(here.signsAs)?.roleArn).to.equal(admin);
    expect((await get(one, "/whoami").expect(200)).body).to.include({ isAuthenticated: false });
    expect([local.requests("GetId"), local.requests("GetCredentialsForIdentity")]).to.deep.equal([2, 2]);
    await supertest(one).post("/sign-out").set("Authorization", `Bearer ${idToken}`).expect(204);
    for (const app of [one, other]) expectRefusal(await get(app, "/whoami", idToken), "token_revoked");
    expect((await get(other, "/health").expect(200)).body).to.deep.equal({ ready: true, storeIsUp: true });
    await local.stop();
  });

  it("s3-user-files: each user's own, signed as the user", async () => {
    const { s3, endpoint } = await LocalS3.start(cognito);
    const app = createFiles(
      { bucket: "b", s3: { region: "eu-west-1", endpoint, forcePathStyle: true } },
      cognito.options,
    );
    const [ada, bob] = ["ada", "bob"].map((username) => cognito.signIn({ username }).idToken);
    await supertest(app)
      .put("/files/a.txt")
      .set("Authorization", `Bearer ${ada}`)
      .type("text")
      .send("hello")
      .expect(204);
    expect((await get(app, "/files", ada).expect(200)).body).to.deep.equal({ files: [{ name: "a.txt", size: 5 }] });
    expect((await get(app, "/files/a.txt", ada).expect(200)).text).to.equal("hello");
    expect((await get(app, "/files", bob).expect(200)).body).to.deep.equal({ files: [] });
    expect((await get(app, "/files/a.txt", bob).expect(404)).body).to.deep.equal({ error: "There is no such file." });
    await s3.stop();
  });

  it("s3-user-files: what S3 denies is 403, and what it cannot do stays an error", async () => {
    const codes = ["AccessDenied", "SlowDown"];
    await withServer(
      (_req, res) => {
        res.writeHead(403, { "Content-Type": "application/xml" }).end(`<Error><Code>${codes.shift()}</Code></Error>`);
      },
      async (port) => {
        const s3 = { region: "eu-west-1", endpoint: `http://127.0.0.1:${port}`, forcePathStyle: true, maxAttempts: 1 };
        const app = createFiles({ bucket: "b", s3 }, cognito.options);
        app.use(((error, _req, res, _next) => {
          res.status(500).json(error.name);
        }) satisfies ErrorRequestHandler);
        const { idToken } = cognito.signIn({ username: "ada" });
        const { body } = await get(app, "/files/a.txt", idToken).expect(403);
        expect(body).to.deep.equal({ error: "This file is not yours." });
        expect((await get(app, "/files/a.txt", idToken).expect(500)).body).to.equal("SlowDown");
      },
    );
  });

  describe("npm start", function () {
    this.timeout(60_000);
    const start = async (env: Record<string, string>, cwd = ROOT) => {
      const tsx = join(ROOT, "node_modules/tsx/dist/cli.mjs");
      const child = spawn(
        process.execPath,
        [tsx, "--tsconfig", join(ROOT, "tsconfig.json"), join(ROOT, "examples/start.ts")],
        {
          cwd,
          env: { PATH: process.env.PATH, PORT: "0", ...env },
        },
      );
      let output = "";
      child.stdout.on("data", (chunk) => {
        output += chunk;
      });
      child.stderr.on("data", (chunk) => {
        output += chunk;
      });
      const closed = once(child, "close");
      for (let wait = 0; wait < 300 && !output.includes("Ctrl-C") && child.exitCode === null; wait += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return { child, closed, output: () => output };
    };
    const stop = async ({ child, closed }: { child: ChildProcess; closed: Promise<unknown> }) => {
      child.kill("SIGINT");
      await closed;
      return child.exitCode;
    };

    it("prints curl lines that work when pasted, and Ctrl-C stops it cleanly", async () => {
      const running = await start({});
      const lines = running.output().split("\n");
      const variables = lines.filter((line) => /^[A-Z]+=\S+$/.test(line));
      const curls = lines.filter((line) => line.startsWith("curl "));
      expect([variables.length, curls.length]).to.deep.equal([4, 7]);
      const values = new Map(variables.map((line) => line.split("=", 2) as [string, string]));
      const answers: string[] = [];
      const statuses: number[] = [];
      for (const curl of curls) {
        const response = await fetch(...readCurl(curl, values));
        statuses.push(response.status);
        answers.push(await response.text());
      }
      expect(statuses).to.deep.equal([200, 204, 200, 200, 200, 403, 401]);
      expect(answers[2]).to.equal('{"files":[{"name":"hello.txt","size":9}]}');
      expect(answers[6]).to.contain('"code":"token_expired"');
      expect(await stop(running)).to.equal(0);
      expect(running.output()).to.contain("Stopped.");
    });

    it("takes a real pool when the environment names one", async () => {
      const { issuer, clientId, userPoolId, jwksUri } = cognito.options;
      const env = {
        COGNITO_USER_POOL_ID: userPoolId,
        COGNITO_CLIENT_ID: clientId,
        COGNITO_ISSUER: issuer,
        COGNITO_JWKS_URI: jwksUri,
      };
      const running = await start(env);
      const [origin = ""] = /http:\/\/127\.0\.0\.1:\d+/.exec(running.output()) ?? [];
      const { accessToken } = cognito.signIn({ username: "ada" });
      const response = await fetch(`${origin}/me`, { headers: { Authorization: `Bearer ${accessToken}` } });
      expect(await response.json()).to.include({ username: "ada" });
      expect(await stop(running)).to.equal(0);
    });

    it("says what is wrong with a configuration in one line", async () => {
      const running = await start({ COGNITO_USER_POOL_ID: "eu-west-1_AbCdEfGhI" });
      await running.closed;
      expect(running.child.exitCode).to.equal(1);
      expect(running.output()).to.contain("No app client is configured").and.not.contain("    at ");
    });
  });
});

/** What a printed curl line would do, so that the test needs no curl. Knows the flags that are printed, and no others. */
function readCurl(line: string, variables: ReadonlyMap<string, string>): [string, RequestInit] {
  const known =
    /^curl -iw '\\n' -H "Authorization: Bearer \$([A-Z]+)"(?: -X ([A-Z]+))?(?: --data '([^']*)')? (http:\S+)$/;
  const [, name = "", method = "GET", body, url = ""] = known.exec(line) ?? [];
  expect(url, `a curl line that the test knows: ${line}`).not.to.equal("");
  const headers = { Authorization: `Bearer ${variables.get(name)}` };
  return [url, { method, headers, ...(body === undefined ? {} : { body }) }];
}
