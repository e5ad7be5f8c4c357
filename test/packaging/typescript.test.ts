import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { declarationsIn, entryDeclarations, reachableDeclarations } from "../../.ci/declarations.js";
import { COMPILERS, type Complaint, compile, RESOLUTIONS } from "./support/compile.js";
import { packedPackage, ROOT } from "./support/packed-package.js";
import { ScratchProject } from "./support/scratch-project.js";

const compilers = Object.keys(COMPILERS) as (keyof typeof COMPILERS)[];
const resolutions = Object.keys(RESOLUTIONS) as (keyof typeof RESOLUTIONS)[];
/** What the consumers in test/fixtures use besides the package. */
const USED = ["@aws-sdk/client-s3", "@koa/router", "@types/express", "@types/koa", "@types/node", "express", "koa"];
/**
 * Packages whose own declarations have faults, which are theirs to mend. Any other must be clean, ours first. @types/koa
 * asks content-disposition for a type that its new versions, which bring declarations of their own, do not have.
 */
const OTHERS_FAULTS = ["@types/koa"];

describe("The tarball, installed by a strict TypeScript user", function () {
  this.timeout(240_000);
  let project: ScratchProject;
  let bare: ScratchProject;

  before(() => {
    const { manifest, entryPoints } = packedPackage();
    project = new ScratchProject([...USED, "@types/react", ...Object.keys(manifest.peerDependencies ?? {})]);
    bare = new ScratchProject(["@types/node"]);
    for (const each of [project, bare]) {
      each.write("entries.ts", entryPoints.map(importOf).join("\n"));
      each.write("entries.cts", entryPoints.map(requireOf).join("\n"));
    }
    for (const name of ["strict-consumer.ts", "koa-consumer.ts"]) {
      project.write(name, readFileSync(join(ROOT, "test", "fixtures", name), "utf8"));
    }
  });

  for (const compiler of compilers) {
    for (const resolution of resolutions) {
      it(`compiles with TypeScript ${compiler} and ${resolution}, with exact optional properties and without`, async () => {
        const files = ["entries.ts", "strict-consumer.ts", "koa-consumer.ts"];
        if (resolution === "NodeNext") files.push("entries.cts");
        const complaints = [true, false].map((exactOptionalPropertyTypes) => {
          const options = { ...RESOLUTIONS[resolution], exactOptionalPropertyTypes };
          return compile(project, `exact-${exactOptionalPropertyTypes}`, compiler, files, options);
        });
        expect((await Promise.all(complaints)).map(unexpected)).to.deep.equal([[], []]);
      });
    }

    it(`needs no types but Node's, and no browser's, with TypeScript ${compiler}`, async () => {
      const files = ["entries.ts", "entries.cts"];
      const options = { ...RESOLUTIONS.NodeNext, lib: ["ES2022"], exactOptionalPropertyTypes: true };
      const complaints = unexpected(await compile(bare, "bare", compiler, files, options));
      // An entry point on top of an optional peer has that peer's types in its own.
      const peers = Object.keys(packedPackage().manifest.peerDependencies ?? {});
      const others = complaints.filter((text) => !peers.some((peer) => text.includes(`Cannot find module '${peer}'`)));
      expect(others).to.deep.equal([]);
    });
  }

  it("has a complaint where a consumer is wrong: the compilers do look", async () => {
    project.write("wrong.ts", 'import { authSession } from "cognito-auth-session";\nauthSession({ clientID: "x" });\n');
    const complaints = await compile(project, "wrong", "7", ["wrong.ts"], RESOLUTIONS.NodeNext);
    expect(complaints.map(({ whose }) => whose)).to.deep.equal(["the consumer's"]);
  });

  it("has the declarations that its entry points lead to, and no others", () => {
    const { folder, manifest } = packedPackage();
    const reached = reachableDeclarations(entryDeclarations(folder, manifest.exports));
    expect(declarationsIn(join(folder, "dist"))).to.have.members([...reached]);
  });
});

function unexpected(complaints: readonly Complaint[]): readonly string[] {
  return complaints.filter(({ whose }) => !OTHERS_FAULTS.includes(whose)).map(({ whose, text }) => `${whose}: ${text}`);
}

function importOf(specifier: string, index: number): string {
  return `import * as entry${index} from "${specifier}";\nexport const names${index}: string[] = Object.keys(entry${index});`;
}

/** TypeScript knows since 5.8 that Node's require() loads ES modules. */
function requireOf(specifier: string, index: number): string {
  return `import entry${index} = require("${specifier}");\nconst names${index}: string[] = Object.keys(entry${index});`;
}
