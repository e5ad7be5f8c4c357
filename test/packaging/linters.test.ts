import { readFileSync } from "node:fs";
import { checkPackage, createPackageFromTarballData, type Problem } from "@arethetypeswrong/core";
import { expect } from "chai";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { packedPackage } from "./support/packed-package.js";

/** What are-the-types-wrong finds for each entry point, and why it is meant to be so. */
const BY_DESIGN = [
  // The package is ESM only. CommonJS loads it by require(), which Node can since 20.19, the oldest that is supported.
  "CJSResolvesToESM node16-cjs",
  // Resolution as in Node 10 does not read `exports`. No Node that it stands for can run the package, TypeScript 6 warns
  // of it, and 7 does not have it.
  "NoResolution node10",
];

describe("The tarball, as linters of packages see it", function () {
  this.timeout(120_000);
  let tarball: Uint8Array<ArrayBuffer>;

  before(() => {
    tarball = new Uint8Array(readFileSync(packedPackage().tarball));
  });

  it("has nothing that publint would have otherwise, not even by a suggestion", async () => {
    const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).to.deep.equal([]);
  });

  it("has what are-the-types-wrong finds by design, and nothing else", async () => {
    const analysis = await checkPackage(createPackageFromTarballData(tarball));
    if (analysis.types === false) throw new Error("No types were found.");
    const expected = packedPackage().entryPoints.flatMap((name) => BY_DESIGN.map((finding) => `${name}: ${finding}`));
    expect(analysis.problems.map((each) => finding(analysis.packageName, each)).sort()).to.deep.equal(expected.sort());
  });
});

function finding(packageName: string, problem: Problem): string {
  if (!("entrypoint" in problem)) return JSON.stringify(problem);
  return `${packageName}${problem.entrypoint.slice(1)}: ${problem.kind} ${problem.resolutionKind}`;
}
