import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect } from "chai";
import { SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { CodeSamples } from "./support/code-samples.js";
import { blocksOf, namesIn } from "./support/documents.js";

const PATH = "docs/recipes.md";

describe(PATH, () => {
  it("shows tests that pass when they are run as they stand", function () {
    this.timeout(60_000);
    const samples = new CodeSamples();
    const paths = blocksOf("ts")
      .filter(({ document }) => document.path === PATH)
      .map((block) => samples.addBlock("recipes", block));
    const path = paths.find((one) => basename(one) === "app.test.ts") ?? "";
    samples.write();
    try {
      const tests = readFileSync(path, "utf8").match(/^ {2}it\(/gm) ?? [];
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ["--import", "tsx", "node_modules/mocha/bin/mocha.js", "--no-config", "--no-package", path],
        { encoding: "utf8" },
      );
      expect(status, stdout + stderr).to.equal(0);
      expect(tests.length).to.be.greaterThan(0);
      expect(stdout).to.contain(`${tests.length} passing`);
    } finally {
      samples.remove();
    }
  });

  it("documents the methods of SessionManager", () => {
    const internal = ["constructor", "resolve"];
    const methods = Object.getOwnPropertyNames(SessionManager.prototype).filter((name) => !internal.includes(name));
    expect(namesIn(PATH, "On `SessionManager`").sort()).to.deep.equal(methods.sort());
  });

  it("documents the members of LocalCognito", () => {
    const methods = Object.getOwnPropertyNames(LocalCognito.prototype).filter((name) => name !== "constructor");
    const documented = namesIn(PATH, "On `LocalCognito`");
    expect(documented.sort()).to.deep.equal([...methods, "LocalCognito.start", "options"].sort());
  });
});
