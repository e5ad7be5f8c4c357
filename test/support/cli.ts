import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ENVIRONMENT_VARIABLES } from "../../src/config/sources.js";

const ROOT = join(import.meta.dirname, "..", "..");
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** What a run of the command line came to. */
export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How it is run. */
export interface Run {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The working directory. Default: an empty one. */
  readonly cwd?: string;
}

/** What a configuration is in the environment. */
export function environmentOf(options: object): Record<string, string> {
  const variables = new Map<string, string>(Object.entries(ENVIRONMENT_VARIABLES));
  return Object.fromEntries(
    Object.entries(options).flatMap(([option, value]) => {
      const variable = variables.get(option);
      return variable === undefined ? [] : [[variable, String(value)]];
    }),
  );
}

/** Starts the command line from its source, in an environment without any configuration. */
export function start(args: readonly string[], { env = {}, cwd = ROOT }: Run = {}): ChildProcess {
  const { PATH = "", HOME = "" } = process.env;
  const command = ["--no-warnings", "--import", LOADER, join(ROOT, "src", "cli.ts"), ...args];
  const surroundings = { PATH, HOME, TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json"), ...env };
  return spawn(process.execPath, command, { cwd, env: surroundings, stdio: ["pipe", "pipe", "pipe"] });
}

/** Runs it to its end. */
export async function cli(args: readonly string[], run: Run = {}): Promise<Result> {
  const folder = run.cwd ?? mkdtempSync(join(tmpdir(), "cli-"));
  const child = start(args, { ...run, cwd: folder });
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
  child.stdin?.on("error", () => {});
  child.stdin?.end(run.input ?? "");
  const [code] = await once(child, "close");
  if (run.cwd === undefined) rmSync(folder, { recursive: true });
  return { code, stdout: stdout(), stderr: stderr() };
}

/** What a stream has given so far. */
export function textOf(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}
