import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../../..");

/** What the tests read of the packed package.json. */
export interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** The package as npm would publish it. */
export interface PackedPackage {
  /** Path of the .tgz file. */
  readonly tarball: string;
  /** Where it is unpacked. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** What users import: `cognito-auth-session`, `cognito-auth-session/koa`... Files of data are none. */
  readonly entryPoints: readonly string[];
  /** All files, by path in the package, with their size in bytes. */
  readonly files: ReadonlyMap<string, number>;
}

let packed: PackedPackage | undefined;

/**
 * Builds, packs and unpacks the package, once for all tests of a run; it is gone when the process ends. `PACKED_TARBALL`
 * names a tarball that is already made: what is tested is then what is published.
 */
export function packedPackage(): PackedPackage {
  packed ??= pack();
  return packed;
}

function pack(): PackedPackage {
  const scratch = scratchFolder();
  const tarball = process.env.PACKED_TARBALL ?? makeTarball(scratch);
  const folder = join(scratch, "package");
  unpack(tarball, folder);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const entryPoints = Object.keys(manifest.exports)
    .filter((subpath) => !subpath.endsWith(".json"))
    .map((subpath) => `${manifest.name}${subpath.slice(1)}`);
  return { tarball, folder, manifest, entryPoints, files: filesIn(folder) };
}

function makeTarball(destination: string): string {
  npm("run", "build", "--silent");
  npm("pack", "--ignore-scripts", "--pack-destination", destination);
  const [name = ""] = readdirSync(destination).filter((file) => file.endsWith(".tgz"));
  return join(destination, name);
}

function npm(...args: readonly string[]): void {
  execFileSync("npm", args, { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
}

function filesIn(folder: string): ReadonlyMap<string, number> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  return new Map(paths.map((path) => [relative(folder, path), statSync(path).size]));
}

/** Unpacks a tarball of npm's into a folder of this name. */
export function unpack(tarball: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
}

const scratchFolders: string[] = [];
process.once("exit", () => {
  for (const folder of scratchFolders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder outside the repository, where nothing is found by chance. It is gone when the process ends. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cognito-auth-session-packaging-"));
  scratchFolders.push(folder);
  return folder;
}
