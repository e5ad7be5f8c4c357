import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import * as root from "cognito-auth-session";
import { AuthError, type AuthErrorCode, type AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import type { Express } from "express";
import { startSandbox } from "../examples/support/sandbox.js";
import { resolveConfig } from "../src/config/resolve.js";
import { checkOptions } from "../src/config/schema.js";
import { AMPLIFY_OUTPUTS, ENVIRONMENT_VARIABLES, fromAmplifyOutputs } from "../src/config/sources.js";
import { ERROR_TABLE, type ErrorRow } from "../src/errors/table.js";
import { problemOf } from "../src/http/problem.js";
import { get } from "./support/app.js";
import { CodeSamples } from "./support/code-samples.js";
import { anchors, codeBlocks, codeIn, links, tables } from "./support/markdown.js";

const README = readFileSync("README.md", "utf8");
const DOCUMENTS = ["README.md", "SECURITY.md", "CHANGELOG.md"].map((name) => ({
  name,
  text: readFileSync(name, "utf8"),
}));
const PACKAGE: { version: string; scripts: Record<string, string> } = JSON.parse(readFileSync("package.json", "utf8"));

const blocksOf = (language: string) =>
  DOCUMENTS.flatMap(({ name, text }) =>
    codeBlocks(text)
      .filter((block) => block.language === language)
      .map((block) => ({ ...block, document: name, place: `${name} line ${block.line}` })),
  );

/** The rows of every README table whose first heading is this. */
const rowsOf = (heading: string) =>
  tables(README)
    .filter(({ headers }) => headers[0] === heading)
    .flatMap(({ rows }) => rows);

/** The names that the first column of a README table documents, without what follows a parenthesis. */
const namesIn = (heading: string) =>
  rowsOf(heading).flatMap(([cell = ""]) => codeIn(cell).map((code) => code.replace(/\(.*$/, "")));

describe("README.md", () => {
  describe("code", () => {
    const samples = new CodeSamples();
    const blocks = blocksOf("ts").map((block) => ({ ...block, path: samples.addBlock(block.document, block) }));
    const tablesPath = samples.add("tables.ts", memberTables());
    const pathOf = (name: string) => blocks.find(({ path }) => basename(path) === name)?.path ?? name;
    let complaints: ReadonlyMap<string, string>;

    before(() => {
      samples.write();
      complaints = samples.compile();
    });
    after(() => samples.remove());

    for (const { place, path } of blocks) {
      it(`type-checks: ${place}`, () => {
        expect(complaints.get(path) ?? "").to.equal("");
      });
    }

    it("names all members and options in its tables, and no others", () => {
      expect(complaints.get(tablesPath) ?? "").to.equal("");
    });

    it("leaves the compiler no other complaint", () => {
      const known = [...blocks.map(({ path }) => path), tablesPath];
      expect([...complaints].filter(([path]) => !known.includes(path) && !path.startsWith("src/"))).to.deep.equal([]);
    });

    it("shows tests that pass when they are run as they stand", function () {
      this.timeout(60_000);
      const path = pathOf("app.test.ts");
      const tests = readFileSync(path, "utf8").match(/^ {2}it\(/gm) ?? [];
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ["--import", "tsx", "node_modules/mocha/bin/mocha.js", "--no-config", "--no-package", path],
        { encoding: "utf8" },
      );
      expect(status, stdout + stderr).to.equal(0);
      expect(tests.length).to.be.greaterThan(0);
      expect(stdout).to.contain(`${tests.length} passing`);
    });

    describe("of the error handler", () => {
      let cognito: LocalCognito;
      let app: Express;
      const logged: unknown[][] = [];
      const { error: log } = console;

      before(async () => {
        const recipe = await import(pathToFileURL(resolve(pathOf("errors.ts"))).href);
        // The compiler has seen to the recipe's types; an import by URL has none.
        const { createApp } = recipe as { createApp(options: AuthSessionOptions): Express };
        cognito = await LocalCognito.start();
        app = createApp(cognito.options);
        console.error = (...texts) => void logged.push(texts);
      });
      after(async () => {
        console.error = log;
        await cognito.stop();
      });

      it("answers an expired token in its own words, with the error's headers", async () => {
        const expired = cognito.signToken({ tokenUse: "access", claims: { exp: 1 } });
        const { status, headers, body } = await get(app, "/me", expired);
        expect(status).to.equal(401);
        expect(headers["www-authenticate"]).to.contain('error="invalid_token"');
        expect(body).to.deep.equal({ action: "refresh the tokens" });
      });

      it("logs what a refusal means, and leaves the answer to authErrorHandler()", async () => {
        cognito.fail("GetId", { error: "NotAuthorizedException", times: 1 });
        const { status, body } = await get(app, "/me", cognito.signIn({ username: "ada" }).idToken);
        expect(status).to.equal(403);
        expect(body).to.include({ code: "credentials_denied", name: "NotAuthorizedException" });
        // Node's own warnings come to console.error as well.
        const [suggestion, cause] = logged.find((texts) => texts.length === 2) ?? [];
        expect(suggestion).to.match(/identity pool/);
        expect(cause).to.include({ operation: "GetId", name: "NotAuthorizedException" });
      });

      it("lets others pass", async () => {
        const { status, body } = await get(app, "/me", cognito.signIn({ username: "ada" }).idToken);
        expect(status).to.equal(200);
        expect(body).to.deep.equal({ username: "ada" });
      });
    });

    for (const { text, place } of blocksOf("js")) {
      it(`parses: ${place}`, () => {
        const inputType = text.includes("require(") ? "commonjs" : "module";
        const { status, stderr } = spawnSync(process.execPath, ["--check", `--input-type=${inputType}`, "-"], {
          input: text,
          encoding: "utf8",
        });
        expect(status, stderr).to.equal(0);
      });
    }

    for (const { text, place } of blocksOf("json")) {
      it(`parses: ${place}`, () => {
        expect(() => JSON.parse(text)).not.to.throw();
      });
    }

    it("runs only scripts that package.json has", () => {
      const commands = blocksOf("sh").flatMap(({ text }) => [...text.matchAll(/\bnpm (run )?([\w:-]+)/g)]);
      const missing = commands
        .filter(
          ([, run, name = ""]) => (run !== undefined || name !== "install") && !Object.hasOwn(PACKAGE.scripts, name),
        )
        .map(([command]) => command);
      expect(commands).not.to.have.length(0);
      expect(missing).to.deep.equal([]);
    });
  });

  describe("first success", () => {
    it("shows what npm start prints", async () => {
      const sandbox = await startSandbox();
      const printed = sandbox.describe("http://127.0.0.1:3000").split("\n");
      await sandbox.stop();
      const curls = (lines: readonly string[]) => lines.filter((line) => line.startsWith("curl "));
      expect(curls(blocksOf("sh").flatMap(({ text }) => text.split("\n")))).to.deep.equal(curls(printed));

      const shown = blocksOf("text").find(({ text }) => text.includes("The example API"))?.text ?? "";
      const shorten = (line: string) => line.replace(/=eyJ.*/, "=");
      expect(printed.map(shorten)).to.include.members(shown.split("\n").map(shorten));
    });
  });

  describe("error table", () => {
    it("is the package's, row for row", () => {
      const own = Object.entries<ErrorRow>(ERROR_TABLE).map(([code, { names, status, challenge, when }]) => [
        `\`${code}\``,
        names.join(", "),
        status === 503 ? "503 + Retry-After" : String(status),
        challenge === "bare" ? "none (bare challenge)" : (challenge ?? "none"),
        when,
      ]);
      expect(rowsOf("code")).to.deep.equal(own);
    });

    it("says what the errors answer with", () => {
      for (const [cell = "", , status, challenge] of rowsOf("code")) {
        // The row was compared with the table above, so its code is one.
        const { headers, ...error } = new AuthError(codeIn(cell)[0] as AuthErrorCode);
        const answer = headers["WWW-Authenticate"];
        expect(`${error.status}${"Retry-After" in headers ? " + Retry-After" : ""}`).to.equal(status);
        const shown = answer === undefined ? "none" : (/error="(\w+)"/.exec(answer)?.[1] ?? "none (bare challenge)");
        expect(shown, cell).to.equal(challenge);
      }
    });

    it("comes with a body that is really sent", () => {
      const shown = blocksOf("json").map(({ text }): unknown => JSON.parse(text));
      expect(shown).to.deep.include(JSON.parse(problemOf(new AuthError("insufficient_group")).body));
    });
  });

  describe("tables of names", () => {
    it("document the options that the schema knows", () => {
      const known = namesLookedFor((probe) => checkOptions(probe));
      expect(namesIn("Option").sort()).to.deep.equal(known.sort());
    });

    it("document first the options that a user pool has", () => {
      const known = namesLookedFor((probe) => checkOptions({ userPools: [probe] }));
      const [ofUserPool] = tables(README).filter(({ headers }) => headers[0] === "Option");
      expect(ofUserPool?.rows.flatMap(([cell = ""]) => codeIn(cell)).sort()).to.deep.equal(known.sort());
    });

    it("document the defaults that hold", () => {
      const sources = { env: {}, folder: "no-such-folder" };
      const { userPools, poolByIssuer, clockToleranceSeconds, requestTimeoutMs, ...others } = resolveConfig(
        { userPoolId: "eu-west-1_AbCdEfGhI", clientId: null },
        sources,
      );
      const { guestPool, store, encryptionKeys, cookies, refreshFlow, ...config } = others;
      const documented = rowsOf("Option").flatMap(([option = "", , standard = ""]) =>
        /^`("\S+"|\d+|true|false)`$/.test(standard) ? [[codeIn(option)[0], JSON.parse(codeIn(standard)[0] ?? "")]] : [],
      );
      expect(Object.fromEntries(documented)).to.deep.equal({
        ...config,
        clockTolerance: clockToleranceSeconds,
        requestTimeout: requestTimeoutMs,
        allowHttp: false,
        guest: guestPool !== undefined,
      });
    });

    it("document the variables that are read", () => {
      const documented = rowsOf("Variable").map(([variable = "", option = ""]) => [
        codeIn(option)[0],
        codeIn(variable)[0],
      ]);
      expect(Object.fromEntries(documented)).to.deep.equal(ENVIRONMENT_VARIABLES);
    });

    it("document the fields of amplify_outputs.json that are read", () => {
      const fields = rowsOf("Variable").flatMap(([, option = "", field = ""]) =>
        codeIn(field).map((path) => ({ option: codeIn(option)[0] ?? "", field: path.replace(/^auth\./, "") })),
      );
      const values: Record<string, string> = {
        userPoolId: "eu-west-1_AbCdEfGhI",
        clientId: "1h57kf5cpq17m0eml12EXAMPLE",
        identityPoolId: "eu-west-1:1b2c3d4e-0000-4000-8000-000000000000",
      };
      const folder = mkdtempSync(join(tmpdir(), "readme-"));
      const auth = Object.fromEntries(fields.map(({ option, field }) => [field, values[option]]));
      writeFileSync(join(folder, AMPLIFY_OUTPUTS), JSON.stringify({ auth }));
      const { values: read } = fromAmplifyOutputs(folder);
      rmSync(folder, { recursive: true });
      expect(read).to.deep.equal(values);
    });

    it("document the guards that are exported", () => {
      const exported = Object.keys(root).filter((name) => name.startsWith("require") || name === "authorize");
      expect(namesIn("Guard").sort()).to.deep.equal(exported.sort());
    });

    it("document the methods of SessionManager", () => {
      const internal = ["constructor", "resolve"];
      const methods = Object.getOwnPropertyNames(SessionManager.prototype).filter((name) => !internal.includes(name));
      expect(namesIn("On `SessionManager`").sort()).to.deep.equal(methods.sort());
    });

    it("document the members of LocalCognito", () => {
      const methods = Object.getOwnPropertyNames(LocalCognito.prototype).filter((name) => name !== "constructor");
      const documented = namesIn("On `LocalCognito`");
      expect(documented.sort()).to.deep.equal([...methods, "LocalCognito.start", "options"].sort());
    });
  });

  describe("links", () => {
    for (const { name, text } of DOCUMENTS) {
      it(`lead somewhere: ${name}`, () => {
        const broken = links(text).filter(({ target }) => !/^https:\/\//.test(target) && !leadsSomewhere(name, target));
        expect(broken).to.deep.equal([]);
      });
    }
  });
});

describe("CHANGELOG.md", () => {
  it("begins with the version of package.json", () => {
    const [, newest] = /^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$/m.exec(readFileSync("CHANGELOG.md", "utf8")) ?? [];
    expect(newest).to.equal(PACKAGE.version);
  });
});

/** A module that compiles only if README tables name exactly the members of these types. */
function memberTables(): string {
  const table = (heading: string, type: string) => {
    const members = namesIn(heading).map((name) => `  ${name}: true,`);
    return [`export const of${heading} = {`, ...members, `} satisfies Record<${type}, true>;`, ""];
  };
  return [
    'import type { AuthError, AuthSession, AuthSessionOptions } from "cognito-auth-session";',
    ...table("Option", "keyof AuthSessionOptions"),
    ...table("Member", "keyof AuthSession"),
    ...table("Field", 'Exclude<keyof AuthError, "stack" | "toJSON">'),
  ].join("\n");
}

/** The names of options that a check looks for: a probe that has none of them notes what it is asked for. */
function namesLookedFor(check: (probe: object) => void): string[] {
  const names = new Set<string>();
  const has = (_target: object, name: string | symbol) => {
    if (typeof name === "string") names.add(name);
    return false;
  };
  check(new Proxy({}, { has }));
  return [...names];
}

function leadsSomewhere(from: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? from : path;
  if (!existsSync(file)) return false;
  return anchor === undefined || anchors(readFileSync(file, "utf8")).has(anchor);
}
