import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { LocalCognito } from "cognito-auth-session/testing";
import { BUNDLED } from "../.ci/lockfile.js";

const ROOT = join(import.meta.dirname, "..");
/** Inside the project, so that the package's dependencies are found. */
const CONSUMER = join(ROOT, "test", ".generated", "consumer");
const run = (command: string, args: string[], cwd = CONSUMER, env: Record<string, string> = {}): string =>
  execFileSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
const node = (name: string, source: string, env: Record<string, string> = {}): string => {
  writeFileSync(join(CONSUMER, name), source);
  return run(process.execPath, ["--no-warnings", name], CONSUMER, env).trim();
};

describe("The package, as npm would publish it", function () {
  this.timeout(120_000);
  let files: string[];

  before(() => {
    rmSync(CONSUMER, { recursive: true, force: true });
    const installed = join(CONSUMER, "node_modules", "cognito-auth-session");
    mkdirSync(installed, { recursive: true });
    run("npm", ["run", "build", "--silent"], ROOT);
    const [packed] = JSON.parse(run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], ROOT)) as [
      { files: { path: string }[] },
    ];
    files = packed.files.map(({ path }) => path);
    for (const file of files) {
      mkdirSync(dirname(join(installed, file)), { recursive: true });
      cpSync(join(ROOT, file), join(installed, file));
    }
    writeFileSync(join(CONSUMER, "package.json"), JSON.stringify({ type: "module", private: true }));
  });
  after(() => rmSync(CONSUMER, { recursive: true, force: true }));

  it("holds what users need and nothing else", () => {
    expect(files).to.include.members([
      "package.json",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "SECURITY.md",
      "dist/index.js",
      "dist/index.d.ts",
      "dist/testing.js",
    ]);
    const others = files.filter(
      (file) =>
        !/^(?:dist\/.+\.(?:js|d\.ts)|dist\/THIRD-PARTY-LICENSES\.txt|docs\/[\w-]+\.(?:md|svg)|package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/.test(
          file,
        ),
    );
    expect(others).to.deep.equal([]);
  });

  it("loads in ESM, its root without Express and without the AWS SDK until an exchange", async () => {
    const cognito = await LocalCognito.start();
    const source = `
      import { createRequire } from "node:module";
      const { cache } = createRequire(import.meta.url);
      const loaded = (name) => Object.keys(cache).some((file) => file.includes("/node_modules/" + name + "/"));
      const { SessionManager } = await import("cognito-auth-session");
      const before = ["express", "koa", "@aws-sdk/client-cognito-identity", "@smithy/core"].filter(loaded);
      await new SessionManager(JSON.parse(process.env.OPTIONS)).warmUp();
      console.log(JSON.stringify([before, loaded("@aws-sdk/client-cognito-identity")]));`;
    // execFileSync would stop the server in this process: the child only warms up, against another process' server.
    const { execFile } = await import("node:child_process");
    writeFileSync(join(CONSUMER, "loads.mjs"), source);
    const output = await new Promise<string>((resolve, reject) => {
      const env = { ...process.env, OPTIONS: JSON.stringify(cognito.options) };
      execFile(process.execPath, ["--no-warnings", "loads.mjs"], { cwd: CONSUMER, env }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      );
    });
    expect(JSON.parse(output)).to.deep.equal([[], true]);
    await cognito.stop();
  });

  it("loads no undici, which costs more than all else, on any Node", () => {
    const source = `
      const [parts, loaded] = [["", "/koa", "/fetch"], (name) => process.moduleLoadList.some((part) => part.includes(name))];
      for (const part of parts) await import("cognito-auth-session" + part);
      console.log(loaded("NativeModule http"), loaded("undici"));`;
    expect(node("lean.mjs", source)).to.equal("true false");
  });

  it("loads in CommonJS by require()", () => {
    const source = `
      const { authSession, AuthError, requireGroup } = require("cognito-auth-session");
      const { LocalCognito } = require("cognito-auth-session/testing");
      let code;
      try { authSession({ userPoolId: "eu-west-1_A", clientId: "" }); } catch (error) { code = error instanceof AuthError && error.code; }
      console.log(typeof requireGroup("a"), typeof LocalCognito.start, code);`;
    expect(node("requires.cjs", source)).to.equal("function function misconfigured");
  });

  it("shows the same names to ESM and CommonJS, and hides the rest", () => {
    const names = node("names.mjs", `console.log(Object.keys(await import("cognito-auth-session")).sort().join(" "));`);
    expect(names).to.equal(
      "AuthError ConfigurationError SessionManager UpstreamFailure authErrorHandler authSession authorize decodeJWT fetchAuthSession " +
        "requireAnyScope requireAuth requireClaim requireCredentials requireEveryGroup requireGroup requireScope roleByGroup",
    );
    const hidden = `await import("cognito-auth-session/dist/tokens/verifier.js").catch(({ code }) => console.log(code));`;
    expect(node("hidden.mjs", hidden)).to.equal("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  it("is a program as well, which no server loads", () => {
    const { version, bin }: { version: string; bin: Record<string, string> } = JSON.parse(
      readFileSync(join(ROOT, "package.json"), "utf8"),
    );
    const [program = ""] = Object.values(bin);
    expect(files).to.include(program.replace("./", ""));
    const installed = join(CONSUMER, "node_modules", "cognito-auth-session");
    expect(run(join(installed, program), ["--version"])).to.equal(`${version}\n`);
    expect(run(join(installed, program), ["doctor", "--help"])).to.match(/^Usage: cognito-auth-session doctor/);
    const holding = (text: string) =>
      files.filter((file) => file.endsWith(".js") && readFileSync(join(ROOT, file), "utf8").includes(text));
    expect(holding("Check a configuration against the live service")).to.deep.equal(["dist/cli.js"]);
    expect(holding("is not supported for this identity pool.")).to.deep.equal(["dist/chunks/local.js"]);
  });

  it("tells React's bundlers that the hook is for the browser, and where the bundled helpers' licences are", () => {
    expect(readFileSync(join(ROOT, "dist", "react.js"), "utf8")).to.match(/^"use client";/);
    const licences = readFileSync(join(ROOT, "dist", "THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const name of BUNDLED) expect(licences).to.match(new RegExp(`^${name} \\d`, "m"));
    expect(files).to.include("dist/THIRD-PARTY-LICENSES.txt");
  });

  it("declares every module that it imports", () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { dependencies: object };
    const imported = files
      .filter((file) => file.endsWith(".js"))
      .flatMap((file) => [
        ...readFileSync(join(ROOT, file), "utf8").matchAll(/(?:from|import\() ?["`]([^"`.][^"`]*)["`]/g),
      ])
      .map(([, name = ""]) => name)
      .filter((name) => !name.startsWith("node:") && !name.startsWith("cognito-auth-session"))
      .map((name) =>
        name
          .split("/")
          .slice(0, name.startsWith("@") ? 2 : 1)
          .join("/"),
      );
    // Besides, the optional peers, each by a face of its own: the hook, redisStore() when it needs it, and `otel`.
    const peers = ["@opentelemetry/api", "react", "redis"];
    expect([...new Set(imported)].sort()).to.deep.equal([...Object.keys(dependencies), ...peers].sort());
  });
});
