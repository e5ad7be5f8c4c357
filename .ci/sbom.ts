import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundledOf, type LockedPackage, type Lockfile, readNpmFile, runtimePackages } from "./lockfile.js";

// Prints a CycloneDX document of the runtime dependencies. `npm sbom --omit=dev` in the project itself leaves out whatever
// development depends on as well, so npm is shown a project that has nothing for development.

const ROOT = join(import.meta.dirname, "..");
const { name, version, license, dependencies, devDependencies } = readNpmFile<LockedPackage & { name: string }>(
  ROOT,
  "package.json",
);
const lockfile = readNpmFile<Lockfile>(ROOT, "package-lock.json");

const parent = mkdtempSync(join(tmpdir(), "sbom-"));
// npm names the document after the folder.
const folder = join(parent, name);
try {
  mkdirSync(folder);
  const manifest = { name, version, license, dependencies: { ...dependencies, ...bundledOf(devDependencies) } };
  const packages = { "": manifest, ...Object.fromEntries(runtimePackages(lockfile.packages)) };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ ...lockfile, packages }));
  execFileSync("npm", ["sbom", "--package-lock-only", "--sbom-format", "cyclonedx"], { cwd: folder, stdio: "inherit" });
} finally {
  rmSync(parent, { recursive: true });
}
