import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { type Lockfile, readNpmFile } from "../.ci/lockfile.js";

const FOLDER = "docs/api";

/** `npm run docs:api` itself fails where an exported name has no sentence: `.ci/run` runs it. */
describe("The API reference", () => {
  const { lockfileVersion, packages } = readNpmFile<Lockfile>(FOLDER, "package-lock.json");
  const { "": root, ...installed } = packages;

  it("is written by programs that are locked, exact, and run nothing when they are installed", () => {
    const { dependencies } = readNpmFile<{ dependencies: Record<string, string> }>(FOLDER, "package.json");
    expect(lockfileVersion).to.be.at.least(3);
    expect(root?.dependencies).to.deep.equal(dependencies);
    for (const [name, version] of Object.entries(dependencies)) {
      expect(packages[`node_modules/${name}`]?.version).to.equal(version);
    }
    for (const [path, { integrity, resolved, hasInstallScript }] of Object.entries(installed)) {
      expect(integrity, path).to.match(/^sha512-/);
      expect({ resolved, hasInstallScript }, path).to.deep.equal({ resolved: undefined, hasInstallScript: undefined });
    }
  });

  it("is of every entry point", async () => {
    // Plain JavaScript, since TypeDoc reads it; its form is TypeDoc's.
    const { default: config } = (await import(pathToFileURL(`${FOLDER}/typedoc.config.js`).href)) as {
      default: { entryPoints: string[]; treatValidationWarningsAsErrors: boolean };
    };
    const { exports } = readNpmFile<{ exports: Record<string, unknown> }>(".", "package.json");
    const codeEntries = Object.keys(exports).filter((name) => !name.endsWith(".json"));
    expect(config.entryPoints).to.have.length(codeEntries.length);
    expect(config.entryPoints.filter((path) => !existsSync(`${FOLDER}/${path}`))).to.deep.equal([]);
    expect(config.treatValidationWarningsAsErrors).to.equal(true);
  });

  it("is not committed", () => {
    expect(readFileSync(".gitignore", "utf8").split("\n")).to.include.members([
      `${FOLDER}/reference/`,
      "node_modules/",
    ]);
  });
});
