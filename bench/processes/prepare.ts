import { spawnSync } from "node:child_process";
import { cpSync, existsSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { BENCH, COMPILED, ROOT } from "./paths.js";

const MODULES = join(BENCH, "node_modules");
const OURS = join(MODULES, "cognito-auth-session");
/** Here a module finds what it imports where dist/ would find it, and no other build pulls it away in the middle. */
const COPY = join(ROOT, "node_modules", ".cache", "cognito-auth-session-bench");

/** Installs the peers where they are missing, builds the package, and compiles what is measured. */
export function prepare(buildsPackage: boolean): void {
  // npm writes this file last, so an installation that was cut off is made again.
  if (!existsSync(join(MODULES, ".package-lock.json"))) {
    run("npm", ["ci", "--prefix", BENCH, "--ignore-scripts", "--no-audit", "--no-fund"]);
  }
  if (buildsPackage) run("npm", ["run", "build"]);
  installOurs();
  rmSync(COMPILED, { recursive: true, force: true });
  run(process.execPath, [
    join(ROOT, "node_modules", "typescript", "bin", "tsc"),
    "-p",
    join(BENCH, "tsconfig.build.json"),
  ]);
}

/** As an application would have it: what is imported by its name is a copy of dist/, by the package's own exports. */
function installOurs(): void {
  rmSync(COPY, { recursive: true, force: true });
  for (const part of ["dist", "package.json"]) cpSync(join(ROOT, part), join(COPY, part), { recursive: true });
  rmSync(OURS, { force: true });
  symlinkSync(COPY, OURS, "dir");
}

function run(program: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: ROOT, encoding: "utf8", timeout: 180_000 });
  if (status === 0) return;
  throw new Error(`${program} ${args.join(" ")} failed.\n${error?.message ?? ""}${stdout}${stderr}`);
}
