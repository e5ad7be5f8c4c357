import { execFileSync } from "node:child_process";
import { join, relative } from "node:path";
import { expect } from "chai";
import { BUNDLED, type LockedPackage, type Lockfile, readNpmFile, runtimePackages } from "../.ci/lockfile.js";

const ROOT = join(import.meta.dirname, "..");
const MOST_DIRECT_DEPENDENCIES = 6;
const LICENCES = /^(?:Apache-2\.0|MIT|ISC|BlueOak-1\.0\.0|0BSD|BSD-[0-9A-Za-z-]+)$/;

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly unknown[];
}

describe("The supply chain", () => {
  const manifest = readNpmFile<LockedPackage>(ROOT, "package.json");
  const lock = readNpmFile<Lockfile>(ROOT, "package-lock.json");
  const { "": root, ...installed } = lock.packages;
  const runtime = [...runtimePackages(lock.packages)];

  const npm = (...args: readonly string[]) =>
    execFileSync("npm", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const offenders = (isWrong: (each: LockedPackage) => boolean) =>
    runtime.filter(([, each]) => isWrong(each)).map(([path]) => path);

  it("is locked, and the lock fits the manifest", () => {
    expect(lock.lockfileVersion).to.be.at.least(3);
    for (const kind of ["dependencies", "devDependencies", "peerDependencies"] as const) {
      expect(root?.[kind] ?? {}, kind).to.deep.equal(manifest[kind] ?? {});
    }
    const direct = { ...manifest.dependencies, ...manifest.devDependencies };
    expect(Object.keys(direct).filter((name) => installed[`node_modules/${name}`] === undefined)).to.deep.equal([]);
  });

  it("is the same in the lockfile as npm installs it", () => {
    const folders = npm("ls", "--all", "--omit=dev", "--parseable").trim().split("\n").slice(1);
    const paths = folders.map((folder) => relative(ROOT, folder)).filter((path) => !isOptionalPeer(path));
    const bundled = BUNDLED.map((name) => `node_modules/${name}`);
    expect([...paths, ...bundled].sort()).to.deep.equal(runtime.map(([path]) => path).sort());
  });

  it(`has at most ${MOST_DIRECT_DEPENDENCIES} direct runtime dependencies`, () => {
    expect(Object.keys(manifest.dependencies ?? {}).length).to.be.within(1, MOST_DIRECT_DEPENDENCIES);
  });

  it("runs no script when it is installed", () => {
    expect(offenders(({ hasInstallScript }) => hasInstallScript === true)).to.deep.equal([]);
    const own = Object.keys(manifest.scripts ?? {});
    expect(own.filter((name) => /^(?:pre|post)?install$|^(?:pre|post)?prepare$/.test(name))).to.deep.equal([]);
  });

  it("comes from a registry only, each package with its checksum", () => {
    const ranges = Object.values({ ...manifest.dependencies, ...manifest.peerDependencies });
    expect(ranges.filter((range) => !/^(?:(?:^| \|\| )[\^~]?\d+\.\d+\.\d+)+$/.test(range))).to.deep.equal([]);
    // A lockfile without addresses takes each package from the registry that is configured.
    const isElsewhere = (resolved = "https:") => !/^https:(?:\/\/[^/]+\/.+\/-\/[^/]+\.tgz$|$)/.test(resolved);
    expect(offenders(({ resolved, link }) => link === true || isElsewhere(resolved))).to.deep.equal([]);
    expect(offenders(({ integrity = "" }) => !integrity.startsWith("sha512-"))).to.deep.equal([]);
  });

  it("is under licences that ask for no more than ours", () => {
    expect(offenders(({ license = "none" }) => !LICENCES.test(license))).to.deep.equal([]);
  });

  it("is told by `npm run sbom`: a CycloneDX document with every runtime package and no other", function () {
    this.timeout(60_000);
    const output = npm("run", "--silent", "sbom");
    // npm's own form; what matters of it is asserted below.
    const document = JSON.parse(output) as {
      bomFormat: string;
      specVersion: string;
      metadata: { component: Component };
      components: readonly Component[];
    };
    expect(document).to.include({ bomFormat: "CycloneDX" });
    expect(document.specVersion).to.match(/^1\.\d+$/);
    expect(document.metadata.component.purl).to.match(/^pkg:npm\/cognito-auth-session@/);
    const listed = document.components.map(({ name, version }) => `${name}@${version}`);
    const expected = runtime.map(([path, { version }]) => `${path.replace(/^.*node_modules\//, "")}@${version}`);
    expect([...new Set(listed)].sort()).to.deep.equal([...new Set(expected)].sort());
    expect(document.components.filter(({ purl, licenses }) => !purl.startsWith("pkg:npm/") || !licenses?.length)).to.be
      .empty;
  });
});

/** What npm lists because it happens to be installed for development and could be a peer as well. */
function isOptionalPeer(path: string): boolean {
  return /^node_modules\/(?:typescript$|@typescript\/|express$|redis$|@redis\/)/.test(path);
}
