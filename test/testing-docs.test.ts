import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { type AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { LocalCognito, testKeys } from "cognito-auth-session/testing";
import express from "express";
import { resolveConfig } from "../src/config/resolve.js";
import { LocalUserPool } from "../src/testing/user-pool.js";
import { CodeSamples } from "./support/code-samples.js";
import { anchors, codeBlocks, codeIn, links, tables } from "./support/markdown.js";

const TESTING = "docs/testing.md";
const EMULATORS = "docs/emulators.md";
const documents = new Map([TESTING, EMULATORS].map((path) => [path, readFileSync(path, "utf8")]));
const textOf = (path: string) => documents.get(path) ?? "";

/** vitest's names over node:test: it is not installed here, and the blocks are to be run. */
const VITEST = 'export { after as afterAll, before as beforeAll, describe, it } from "node:test";\n';

const firstCells = (heading: string) =>
  tables(textOf(TESTING))
    .filter(({ headers }) => headers[0] === heading)
    .flatMap(({ rows }) => rows.flatMap(([cell = ""]) => codeIn(cell).slice(0, 1)))
    .map((code) => code.replace(/\(.*$/, ""));

describe("Pages about testing", () => {
  const samples = new CodeSamples();
  const blocks = [TESTING, EMULATORS].flatMap((path) =>
    codeBlocks(textOf(path))
      .filter(({ language }) => language === "ts")
      .map((block) => ({ ...block, path: samples.addBlock(basename(path, ".md"), block) })),
  );
  const optionTable = samples.add("tables.ts", testKeysOptionTable());
  const pathOf = (name: string) => blocks.find(({ path }) => basename(path) === name)?.path ?? name;
  let complaints: ReadonlyMap<string, string>;

  before(function () {
    this.timeout(60_000);
    samples.write();
    const vitest = join(dirname(optionTable), "node_modules", "vitest");
    mkdirSync(vitest, { recursive: true });
    const exports = { ".": { types: "./index.d.ts", default: "./index.js" } };
    writeFileSync(join(vitest, "package.json"), JSON.stringify({ name: "vitest", type: "module", exports }));
    for (const name of ["index.js", "index.d.ts"]) writeFileSync(join(vitest, name), VITEST);
    complaints = samples.compile();
  });
  after(() => samples.remove());

  it("show TypeScript that compiles, each block under a name", () => {
    expect(blocks.map(({ path }) => basename(path)).filter((name) => /-line-\d+\.ts$/.test(name))).to.deep.equal([]);
    expect([...complaints.values()].join("")).to.equal("");
  });

  for (const path of documents.keys()) {
    it(`have links that lead somewhere: ${path}`, () => {
      const broken = links(textOf(path)).filter(({ target }) => {
        if (target.startsWith("https://")) return false;
        const [file = "", anchor] = target.split("#");
        const found = file === "" ? path : join(dirname(path), file);
        return !existsSync(found) || (anchor !== undefined && !anchors(readFileSync(found, "utf8")).has(anchor));
      });
      expect(broken).to.deep.equal([]);
    });
  }

  describe(TESTING, () => {
    const testFiles = blocks.filter(({ path }) => path.endsWith(".test.ts"));
    const ofRunner = (runner: "mocha" | "vitest" | "node:test") =>
      testFiles.filter(({ text }) => (/ from "(vitest|node:test)";/.exec(text)?.[1] ?? "mocha") === runner);
    const countOf = (texts: readonly { readonly text: string }[]) =>
      texts.flatMap(({ text }) => text.match(/^ *it\(/gm) ?? []).length;
    const run = (args: readonly string[], files: readonly { readonly path: string }[]) => {
      const command = ["--import", "tsx", ...args, ...files.map(({ path }) => path)];
      const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
      expect(status, stdout + stderr).to.equal(0);
      return stdout;
    };

    it("shows mocha tests that pass as they stand", function () {
      this.timeout(60_000);
      const files = ofRunner("mocha");
      expect(files.length).to.be.greaterThan(3);
      const stdout = run(["node_modules/mocha/bin/mocha.js", "--no-config", "--no-package"], files);
      expect(stdout).to.contain(`${countOf(files)} passing`);
    });

    for (const runner of ["vitest", "node:test"] as const) {
      it(`shows tests for ${runner} that pass as they stand`, function () {
        this.timeout(60_000);
        const files = ofRunner(runner);
        expect(files).to.have.length(2);
        const stdout = run(["--test", "--test-reporter=tap"], files);
        expect(stdout).to.match(new RegExp(`^# pass ${countOf(files)}$`, "m"));
        expect(stdout).to.match(/^# fail 0$/m);
      });
    }

    it("shows a recipe of each runner with testKeys() and with LocalCognito", () => {
      for (const runner of ["mocha", "vitest", "node:test"] as const) {
        const [first, second] = ["testKeys()", "LocalCognito.start()"].map((maker) =>
          ofRunner(runner).some(({ text }) => text.includes(maker)),
        );
        expect([first, second], runner).to.deep.equal([true, true]);
      }
    });

    it("names the members of testKeys()", () => {
      const keys = testKeys();
      const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(keys)).filter((name) => name !== "constructor");
      expect(firstCells("On `testKeys()`").sort()).to.deep.equal([...methods, ...Object.keys(keys)].sort());
    });

    it("says what is in both, truly", () => {
      const [, shared = ""] = /Both know ([^.]+?), and refuse/s.exec(textOf(TESTING)) ?? [];
      const names = codeIn(shared).map((code) => code.replace("()", ""));
      expect(names.length).to.be.greaterThan(3);
      expect(Object.getOwnPropertyNames(LocalCognito.prototype)).to.include.members(names);
      expect(Object.getOwnPropertyNames(Object.getPrototypeOf(testKeys()))).to.include.members(names);
    });
  });

  describe(EMULATORS, () => {
    const POOL = "us-east-1_0a1b2c3d4e5f60718293a4b5c6d7e8f9";
    const AMAZON = "https://cognito-idp.us-east-1.amazonaws.com";
    /** By file: what its tokens name as the issuer, where the keys are to be looked for, and the identity pool. */
    const recipes: [string, string[], string, string | undefined][] = [
      [
        "cognito-local.ts",
        ["http://localhost:9229/local_1a2b3c4d"],
        "http://localhost:9229/local_1a2b3c4d/.well-known/jwks.json",
        undefined,
      ],
      [
        "moto.ts",
        [`${AMAZON}/${POOL}`],
        `http://127.0.0.1:5000/${POOL}/.well-known/jwks.json`,
        "http://127.0.0.1:5000",
      ],
      [
        "ministack.ts",
        [`${AMAZON}/us-east-1_AbCdEfGhI`],
        "http://127.0.0.1:4566/us-east-1_AbCdEfGhI/.well-known/jwks.json",
        "http://127.0.0.1:4566",
      ],
      [
        "localstack.ts",
        [`http://localhost.localstack.cloud:4566/${POOL}`, `http://localhost:4566/${POOL}`],
        `http://localhost:4566/${POOL}/.well-known/jwks.json`,
        "http://localhost:4566",
      ],
      ["containers.ts", [`${AMAZON}/${POOL}`], `http://moto:5000/${POOL}/.well-known/jwks.json`, "http://moto:5000"],
    ];

    before(() => {
      Object.assign(globalThis, { app: express() });
    });
    after(() => {
      Reflect.deleteProperty(globalThis, "app");
    });

    it("has a recipe for each emulator of its table, tried below", () => {
      const shown = codeBlocks(textOf(EMULATORS)).filter(({ language }) => language === "ts");
      expect(shown).to.have.length(recipes.length + 1);
    });

    for (const [name, issuers, keysUri, identityPool] of recipes) {
      it(`takes such tokens by options alone: ${name}`, async () => {
        // The compiler has seen to the recipe's types; an import by URL has none.
        const { options } = (await import(pathToFileURL(resolve(pathOf(name))).href)) as {
          options: AuthSessionOptions;
        };
        const [pool] = resolveConfig(options, { env: {}, folder: "no-such-folder" }).userPools;
        expect(pool?.identityPool?.endpoint).to.equal(identityPool);
        for (const issuer of issuers) {
          const emulated = new LocalUserPool(issuer, String(options.clientId), Date.now, 3600);
          const fetched: string[] = [];
          const fetchJson = async (uri: string) => {
            fetched.push(uri);
            return emulated.keys.keySet;
          };
          const sessions = new SessionManager({ ...options, credentials: "lazy" }, { fetchJson });
          for (const token of Object.values(emulated.signIn({ username: "ada", groups: ["admin"] })).slice(0, 2)) {
            const session = await sessions.getSession({ headers: { authorization: `Bearer ${token}` } });
            expect(session).to.deep.include({ username: "ada", groups: ["admin"] });
          }
          expect(fetched).to.deep.equal([keysUri]);
          await sessions.close();
        }
      });
    }

    it("works with LocalCognito as it stands", async () => {
      const { log } = console;
      const logged: unknown[] = [];
      console.log = (text) => void logged.push(text);
      const shown: { cognito: LocalCognito; options: AuthSessionOptions } = await import(
        pathToFileURL(resolve(pathOf("local-cognito.ts"))).href
      ).finally(() => {
        console.log = log;
      });
      const sessions = new SessionManager(shown.options);
      const session = await sessions.getSession({ headers: { authorization: `Bearer ${logged[0]}` } });
      expect(session).to.deep.include({ username: "ada", groups: ["admin"] });
      expect(session.credentials?.accessKeyId).to.match(/^ASIA/);
      await sessions.close();
      await shown.cognito.stop();
    });
  });
});

/** Compiles only if the table has exactly the options. */
function testKeysOptionTable(): string {
  const members = firstCells("Option of `testKeys()`").map((name) => `  ${name}: true,`);
  return [
    'import type { TestKeysOptions } from "cognito-auth-session/testing";',
    "export const options = {",
    ...members,
    "} satisfies Record<keyof TestKeysOptions, true>;",
    "",
  ].join("\n");
}
