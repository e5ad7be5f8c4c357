import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ROOT, scratchFolder } from "./support/packed-package.js";

/** Stands in for npm: writes down what it is asked for, and makes the file that `npm pack` would. */
const NPM = `#!/usr/bin/env bash
echo "$*" >>"$NPM_LOG"
if [[ $1 == "\${FAILS:-}" ]]; then exit 1; fi
if [[ $1 == pack ]]; then touch "\${@: -1}/a-package-\${PACKED_VERSION:-1.2.3}.tgz"; fi
if [[ $* == "run --silent sbom" ]]; then echo '{"bomFormat":"CycloneDX"}'; fi
if [[ $* == "run test:packaging" ]]; then [[ -e $PACKED_TARBALL ]]; fi
if [[ $* == "run check" && -n "\${LITTERS:-}" ]]; then touch litter; fi
`;
const GITHUB = {
  GITHUB_ACTIONS: "true",
  ACTIONS_ID_TOKEN_REQUEST_URL: "http://127.0.0.1:9/",
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "made-up",
};
const GITLAB = { GITLAB_CI: "true", SIGSTORE_ID_TOKEN: "made-up" };
const TESTED = [
  "run check",
  "run build",
  "test",
  "run build",
  "pack --ignore-scripts --pack-destination .ci/.cache/release",
  "run test:packaging",
  "run --silent sbom",
];
const TARBALL = "./.ci/.cache/release/a-package-1.2.3.tgz";

describe(".ci/release", () => {
  let folder: string;
  let log: string;
  let environment: NodeJS.ProcessEnv;

  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=nobody", "-c", "user.email=nobody@example.com", ...args], {
      cwd: folder,
      env: environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const commit = () => {
    git("add", "--all");
    git("commit", "--quiet", "--message", "test: a state");
  };
  const manifest = (more: object = {}) =>
    write("package.json", JSON.stringify({ name: "a-package", version: "1.2.3", ...more }));
  const release = (args: readonly string[] = [], env: Record<string, string> = {}) => {
    const { status, stderr } = spawnSync(".ci/release", args, {
      cwd: folder,
      encoding: "utf8",
      env: { ...environment, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { status, stderr: stderr.trim() };
  };
  const asked = () => readFileSync(log, "utf8").trim().split("\n").filter(Boolean);
  const refuses = (given: ReturnType<typeof release>, status: number, message: string) => {
    expect(given).to.deep.equal({ status, stderr: `release: ${message}` });
    expect(asked()).to.deep.equal([]);
  };

  beforeEach(() => {
    const scratch = scratchFolder();
    folder = join(scratch, "repository");
    const programs = join(scratch, "bin");
    log = join(scratch, "npm.log");
    // Of this process' environment only where programs are: a CI's own variables must not decide these tests.
    environment = { PATH: `${programs}:${process.env.PATH}`, HOME: scratch, NPM_LOG: log, GIT_CONFIG_NOSYSTEM: "1" };
    mkdirSync(programs);
    mkdirSync(join(folder, ".ci"), { recursive: true });
    writeFileSync(log, "");
    writeFileSync(join(programs, "npm"), NPM);
    chmodSync(join(programs, "npm"), 0o755);
    cpSync(join(ROOT, ".ci", "release"), join(folder, ".ci", "release"));
    manifest({ repository: "github:example/a-package" });
    write("CHANGELOG.md", "# Changelog\n\n## [1.2.3] - 2026-01-01\n\n## [1.2.2] - 2025-01-01\n");
    write(".gitignore", ".ci/.cache/\n");
    git("init", "--quiet");
    commit();
  });

  it("tests, packs, tests what was packed, and shows what would be published", () => {
    expect(release()).to.deep.equal({ status: 0, stderr: "" });
    expect(asked()).to.deep.equal([...TESTED, `publish ${TARBALL} --dry-run --access public --tag latest`]);
    expect(readFileSync(join(folder, ".ci/.cache/release/a-package-1.2.3.cdx.json"), "utf8")).to.include("CycloneDX");
  });

  it("publishes nothing in a CI either, unless it is told to", () => {
    expect(release([], GITHUB).status).to.equal(0);
    expect(asked().at(-1)).to.include("--dry-run");
  });

  for (const [name, env] of Object.entries({ "GitHub Actions": GITHUB, "GitLab CI": GITLAB })) {
    it(`publishes the tested file with provenance in ${name}, when it is told to`, () => {
      expect(release(["--publish"], env)).to.deep.equal({ status: 0, stderr: "" });
      expect(asked()).to.deep.equal([...TESTED, `publish ${TARBALL} --provenance --access public --tag latest`]);
    });
  }

  it("publishes a version before the real one under a tag of its own", () => {
    manifest({ version: "1.2.3-rc.1" });
    write("CHANGELOG.md", "# Changelog\n\n## [1.2.3-rc.1] - 2026-01-01\n");
    commit();
    expect(release([], { PACKED_VERSION: "1.2.3-rc.1" }).status).to.equal(0);
    expect(asked().at(-1)).to.match(/^publish \S+-1\.2\.3-rc\.1\.tgz .*--tag next$/);
  });

  it("refuses to publish outside of a CI", () => {
    refuses(
      release(["--publish"]),
      1,
      "--publish works in GitHub Actions and GitLab CI only: elsewhere there is no provenance.",
    );
  });

  it("refuses to publish in a CI that gives no OIDC token", () => {
    refuses(
      release(["--publish"], { GITHUB_ACTIONS: "true" }),
      1,
      "there is no OIDC token. Give the job the permission id-token: write.",
    );
    refuses(
      release(["--publish"], { GITLAB_CI: "true" }),
      1,
      "there is no OIDC token. Give the job SIGSTORE_ID_TOKEN in id_tokens, with aud: sigstore.",
    );
  });

  it("refuses to publish what names no repository", () => {
    manifest();
    commit();
    refuses(
      release(["--publish"], GITHUB),
      1,
      "package.json names no repository, which provenance is checked against.",
    );
  });

  it("refuses a tree that is not clean: a changed file, and a new one", () => {
    const message = "the tree is not clean. Commit or remove what git status shows.";
    manifest();
    refuses(release(), 1, message);
    commit();
    write("new.txt", "");
    refuses(release(), 1, message);
  });

  it("refuses where a step leaves the tree changed", () => {
    const { status, stderr } = release([], { LITTERS: "yes" });
    expect(status).to.equal(1);
    expect(stderr).to.include("a step above changed files");
    expect(asked()).to.deep.equal(TESTED);
  });

  it("refuses a version that the changelog's top heading does not name", () => {
    manifest({ version: "1.2.2" });
    commit();
    refuses(release(), 1, "package.json says version 1.2.2, but the top heading of CHANGELOG.md says 1.2.3.");
    manifest();
    write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-01\n");
    commit();
    refuses(release(), 1, "package.json says version 1.2.3, but the top heading of CHANGELOG.md says Unreleased.");
    write("CHANGELOG.md", "# Changelog\n");
    commit();
    refuses(release(), 1, "package.json says version 1.2.3, but the top heading of CHANGELOG.md says nothing.");
  });

  it("refuses an argument that it does not know", () => {
    for (const argument of ["--pubish", "1.2.3", "--publish=false"]) {
      refuses(release([argument]), 2, `unknown argument ${argument}. Usage: .ci/release [--publish]`);
    }
  });

  it("ends at the first step that fails", () => {
    expect(release(["--publish"], { ...GITHUB, FAILS: "test" }).status).to.equal(1);
    expect(asked()).to.deep.equal(["run check", "run build", "test"]);
  });
});
