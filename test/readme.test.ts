import { readFileSync } from "node:fs";
import { expect } from "chai";
import * as root from "cognito-auth-session";
import { startSandbox } from "../examples/support/sandbox.js";
import { blocksOf, namesIn, textOf } from "./support/documents.js";

const PATH = "README.md";
const PACKAGE: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));

describe(PATH, () => {
  describe("first success", () => {
    it("shows what npm start prints", async () => {
      const sandbox = await startSandbox();
      const printed = sandbox.describe("http://127.0.0.1:3000").split("\n");
      await sandbox.stop();
      const shownIn = (language: string) =>
        blocksOf(language)
          .filter(({ document }) => document.path === PATH)
          .map(({ text }) => text);
      const curls = (lines: readonly string[]) => lines.filter((line) => line.startsWith("curl "));
      expect(curls(shownIn("sh").flatMap((text) => text.split("\n")))).to.deep.equal(curls(printed));

      const shown = shownIn("text").find((text) => text.includes("The example API")) ?? "";
      const shorten = (line: string) => line.replace(/=eyJ.*/, "=");
      expect(printed.map(shorten)).to.include.members(shown.split("\n").map(shorten));
    });
  });

  it("documents the guards that are exported", () => {
    const exported = Object.keys(root).filter((name) => name.startsWith("require") || name === "authorize");
    expect(namesIn(PATH, "Guard").sort()).to.deep.equal(exported.sort());
  });

  it("is short enough to be read", () => {
    expect(textOf(PATH).split("\n").length).to.be.below(370);
  });
});

describe("CHANGELOG.md", () => {
  it("begins with the version of package.json", () => {
    const [, newest] = /^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$/m.exec(readFileSync("CHANGELOG.md", "utf8")) ?? [];
    expect(newest).to.equal(PACKAGE.version);
  });
});
