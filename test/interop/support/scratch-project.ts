import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "../../..");
const NPM_MS = 150_000;
const COGNITO_LOCAL = "cognito-local@5.3.0";
/** What the app and the package use, in the versions that the other tests run with. */
const NEIGHBOURS = [
  "express",
  "@aws-sdk/client-cognito-identity",
  "@aws-sdk/client-cognito-identity-provider",
  "@aws-sdk/client-s3",
];

let project: Promise<string> | undefined;

/** A project outside the repository that has installed the packed package. Made once; gone when the process ends. */
export function scratchProject(): Promise<string> {
  project ??= makeProject();
  return project;
}

async function makeProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cognito-auth-session-interop-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const packed = join(folder, "packed");
  await mkdir(packed);
  await npm(root, "pack", "--pack-destination", packed); // builds first, by "prepack"
  const [tarball = ""] = await readdir(packed);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "scratch", private: true, type: "module" }));
  await npm(
    folder,
    "install",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    join(packed, tarball),
    COGNITO_LOCAL,
    ...(await lockedVersions(NEIGHBOURS)),
  );
  await copyFile(join(root, "test/interop/fixtures/app.mjs"), join(folder, "app.mjs"));
  return folder;
}

async function lockedVersions(names: readonly string[]): Promise<string[]> {
  const lock: { packages: Record<string, { version: string } | undefined> } = JSON.parse(
    await readFile(join(root, "package-lock.json"), "utf8"),
  );
  return names.map((name) => {
    const entry = lock.packages[`node_modules/${name}`];
    if (entry === undefined) throw new Error(`${name} is not in package-lock.json.`);
    return `${name}@${entry.version}`;
  });
}

async function npm(cwd: string, ...args: string[]): Promise<void> {
  try {
    await promisify(execFile)("npm", args, { cwd, timeout: NPM_MS });
  } catch (error) {
    // What a build prints is in `stdout` only, not in the message.
    const printed = error instanceof Error && "stdout" in error ? error.stdout : "";
    throw new Error(`npm ${args[0]} failed: ${error}\n${printed}`);
  }
}
