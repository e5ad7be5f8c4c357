import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { packedPackage } from "./support/packed-package.js";
import { ScratchProject } from "./support/scratch-project.js";

/** Entry points that are of no use without their peer. All others load without any. */
const NEEDS_ITS_PEER = /\/(?:react|otel)$/;

/** Signs a user in, and goes through verification, a guard and an exchange, with the faces that need no framework. */
const USE = `
  const cognito = await testing.LocalCognito.start();
  const sessionOf = onFetch.authSession(cognito.options);
  const { idToken } = cognito.signIn({ username: "ada", groups: ["admin"] });
  const request = (token) => new Request("http://localhost/", { headers: { authorization: "Bearer " + token } });
  const session = await sessionOf(request(idToken));
  await onFetch.requireGroup("admin")(session);
  const { accessKeyId } = await session.getCredentials();
  const refused = await sessionOf(request("no-token")).catch((error) => error);
  await cognito.stop();
  console.log(session.username, accessKeyId.slice(0, 4), refused instanceof root.AuthError, refused.code);
`;
const FACES = {
  root: "cognito-auth-session",
  onFetch: "cognito-auth-session/fetch",
  testing: "cognito-auth-session/testing",
};
const USED = "ada ASIA true malformed_token";

describe("The tarball, installed by a JavaScript user", function () {
  this.timeout(120_000);
  let project: ScratchProject;
  let bare: ScratchProject;
  let entryPoints: readonly string[];

  before(() => {
    const { manifest, entryPoints: all } = packedPackage();
    entryPoints = all;
    project = new ScratchProject(Object.keys(manifest.peerDependencies ?? {}));
    bare = new ScratchProject();
  });

  /** The names of every entry point, by a program that binds each to a constant and prints them. */
  const namesBy = (name: string, bind: (constant: string, specifier: string) => string): unknown => {
    const binds = entryPoints.map((specifier, index) => bind(`entry${index}`, specifier)).join("\n");
    const names = entryPoints.map((specifier, index) => `"${specifier}": Object.keys(entry${index}).sort()`).join();
    return JSON.parse(project.run(name, `${binds}\nconsole.log(JSON.stringify({ ${names} }));`));
  };
  const esm = (constant: string, specifier: string) => `import * as ${constant} from "${specifier}";`;
  const commonJs = (constant: string, specifier: string) => `const ${constant} = require("${specifier}");`;
  const bindings = (bind: typeof esm) =>
    Object.entries(FACES)
      .map(([constant, specifier]) => bind(constant, specifier))
      .join("\n");

  it("gives every entry point to import, and the same names to require()", () => {
    const imported = namesBy("names.mjs", esm);
    const required = namesBy("names.cjs", commonJs);
    expect(imported).to.have.all.keys(entryPoints);
    for (const names of Object.values(Object(imported))) expect(names).to.not.be.empty;
    expect(required).to.deep.equal(imported);
  });

  it("works in ESM", () => {
    expect(bare.run("use.mjs", `${bindings(esm)}\n${USE}`)).to.equal(USED);
  });

  it("works in CommonJS", () => {
    expect(bare.run("use.cjs", `${bindings(commonJs)}\n(async () => {${USE}})();`)).to.equal(USED);
  });

  it("is one and the same to import and require(), so that errors and sessions pass between them", () => {
    const source = `
      import { createRequire } from "node:module";
      import { AuthError } from "cognito-auth-session";
      console.log(createRequire(import.meta.url)("cognito-auth-session").AuthError === AuthError);`;
    expect(bare.run("same.mjs", source)).to.equal("true");
  });

  it("loads without its optional peers", () => {
    const alone = entryPoints.filter((name) => !NEEDS_ITS_PEER.test(name));
    for (const name of alone) bare.run("alone.mjs", `import "${name}";`);
    expect(alone).to.include.members([
      "cognito-auth-session",
      "cognito-auth-session/koa",
      "cognito-auth-session/redis",
    ]);
  });

  it("shows a mistake in the configuration on one screen, and not its own whole code", () => {
    bare.write(
      "mistake.mjs",
      `import { authSession } from "cognito-auth-session";\nauthSession({ tokenCachSize: 5 });`,
    );
    const { status, stderr } = bare.node("mistake.mjs");
    expect(status).to.equal(1);
    expect(stderr).to.include("Did you mean `tokenCacheSize`?");
    expect(stderr.length, stderr.slice(0, 500)).to.be.below(3000);
  });

  it("gives its own package.json, and no other file, to those who ask", () => {
    const source = `
      const { version } = require("cognito-auth-session/package.json");
      let code;
      try { require("cognito-auth-session/dist/chunks/core.js"); } catch (error) { code = error.code; }
      console.log(typeof version, code);`;
    expect(bare.run("inside.cjs", source)).to.equal("string ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  it("has programs that start, where it has programs", () => {
    for (const [name, path] of Object.entries(packedPackage().manifest.bin ?? {})) {
      const file = join(bare.installed, path);
      expect(readFileSync(file, "utf8"), name).to.match(/^#!\/usr\/bin\/env node\n/);
      const { status, stdout, stderr } = bare.node(file, "--help");
      expect({ status, stderr }, name).to.deep.equal({ status: 0, stderr: "" });
      expect(stdout, name).to.include(name);
    }
  });
});
