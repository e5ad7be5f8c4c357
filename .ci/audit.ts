import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Lockfile, readNpmFile, runtimePackages } from "./lockfile.js";

// Vulnerabilities in what users run: what is installed with the package, and what is bundled. A registry that does not
// answer audits cannot tell, which is no finding.

/** What is read of npm's report. */
interface Report {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly name: string; readonly severity: string; readonly nodes: readonly string[] }>
  >;
}

const ROOT = join(import.meta.dirname, "..");
const { stdout } = spawnSync("npm", ["audit", "--json", "--fetch-retries=0", "--fetch-timeout=20000"], {
  cwd: ROOT,
  encoding: "utf8",
  stdio: ["ignore", "pipe", "ignore"],
});
const { vulnerabilities } = readReport(stdout);
if (vulnerabilities === undefined) {
  console.log("The registry does not answer audits.");
} else {
  const paths = runtimePackages(readNpmFile<Lockfile>(ROOT, "package-lock.json").packages);
  const found = Object.values(vulnerabilities).filter(({ nodes }) => nodes.some((path) => paths.has(path)));
  console.log(`${found.length} known vulnerabilities.`);
  for (const { name, severity } of found) console.log(`${name}: ${severity}`);
  process.exitCode = found.length > 0 ? 1 : 0;
}

function readReport(text: string): Report {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return {};
  }
}
