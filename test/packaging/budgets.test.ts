import { statSync } from "node:fs";
import { expect } from "chai";
import { packedPackage } from "./support/packed-package.js";
import { ScratchProject } from "./support/scratch-project.js";

const KIB = 1024;
/**
 * What users download, store and load: what was measured, and some room to grow. Measured on 2026-11-23 with
 * `npm run build && npm pack --dry-run --ignore-scripts` and `wc -c dist/chunks/core.js`: a tarball of 264 KiB; 944 KiB in
 * 132 files, a third of it documentation; 201 KiB of shared code; 6 direct dependencies. Raise a limit only on purpose, and
 * say in the changelog why.
 */
const LIMITS = { tarball: 288 * KIB, unpacked: 1024 * KIB, files: 140, core: 208 * KIB, directDependencies: 6 };
/**
 * Measured on 2026-11-23 with this test's own program, 15 runs on a busy machine: 56 ms to 45 ms, 1.25 times. The target
 * is 1.5, which the benchmark holds on a quiet machine (`npm run bench`); here the machine may be anything.
 */
const TIMES_AWS_JWT_VERIFY = 2.5;
const RUNS = 9;

const IMPORT_TIME = `
  const [specifier] = process.argv.slice(2);
  const startedAt = performance.now();
  await import(specifier);
  console.log(performance.now() - startedAt);`;

describe("The tarball's budgets", function () {
  this.timeout(120_000);

  it(`is a download of at most ${LIMITS.tarball / KIB} KiB`, () => {
    expect(statSync(packedPackage().tarball).size).to.be.at.most(LIMITS.tarball);
  });

  it(`takes at most ${LIMITS.unpacked / KIB} KiB, in at most ${LIMITS.files} files`, () => {
    const sizes = [...packedPackage().files.values()];
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.at.most(LIMITS.unpacked);
    expect(sizes).to.have.length.at.most(LIMITS.files);
  });

  it(`has at most ${LIMITS.core / KIB} KiB of code that every entry point loads`, () => {
    expect(packedPackage().files.get("dist/chunks/core.js")).to.be.within(1, LIMITS.core);
  });

  it(`brings at most ${LIMITS.directDependencies} packages along by itself`, () => {
    expect(Object.keys(packedPackage().manifest.dependencies)).to.have.length.within(1, LIMITS.directDependencies);
  });

  it(`is imported in at most ${TIMES_AWS_JWT_VERIFY} times the time of aws-jwt-verify`, () => {
    const project = new ScratchProject();
    project.write("import-time.mjs", IMPORT_TIME);
    const times = { "cognito-auth-session": [] as number[], "aws-jwt-verify": [] as number[] };
    // They take turns: what slows the machine down slows both. The first run of each only reads the files in.
    for (let run = 0; run <= RUNS; run += 1) {
      for (const [specifier, taken] of Object.entries(times)) {
        const { status, stdout } = project.node("import-time.mjs", specifier);
        expect(status).to.equal(0);
        if (run > 0) taken.push(Number(stdout));
      }
    }
    const ours = median(times["cognito-auth-session"]);
    expect(ours / median(times["aws-jwt-verify"])).to.be.within(0.1, TIMES_AWS_JWT_VERIFY);
  });
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
