import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { packedPackage, ROOT } from "./support/packed-package.js";
import { type PublicNames, publicNames } from "./support/public-names.js";
import { ScratchProject } from "./support/scratch-project.js";

const PATH = join(import.meta.dirname, "public-names.json");

describe("The public names", function () {
  this.timeout(120_000);
  let names: PublicNames;

  before(() => {
    names = publicNames(packedPackage());
    if (process.env.UPDATE_PUBLIC_NAMES !== undefined) {
      writeFileSync(PATH, JSON.stringify(names, undefined, 2));
      execFileSync(process.execPath, [join(ROOT, "node_modules/@biomejs/biome/bin/biome"), "format", "--write", PATH]);
    }
  });

  it("are those of public-names.json: docs/versioning.md says what a change means, and how to write it down", () => {
    expect(names).to.deep.equal(JSON.parse(readFileSync(PATH, "utf8")));
  });

  it("are declared as they are exported: no value is only promised, none is hidden", () => {
    const project = new ScratchProject(Object.keys(packedPackage().manifest.peerDependencies ?? {}));
    for (const [specifier, { values }] of Object.entries(names.exports)) {
      const exported = project.run(
        "exports.mjs",
        `console.log(Object.keys(await import("${specifier}")).sort().join());`,
      );
      expect(exported.split(","), specifier).to.deep.equal(values);
    }
  });
});
