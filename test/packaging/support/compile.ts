import { execFile } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "./packed-package.js";
import type { ScratchProject } from "./scratch-project.js";

/** A compiler's complaint, and whose file it is about. */
export interface Complaint {
  /** `ours`, `the consumer's`, or the name of another package. */
  readonly whose: string;
  readonly text: string;
}

/** By the folder that each is installed in for development. */
export const COMPILERS = { "5.9": "typescript59", "6": "typescript6", "7": "typescript" } as const;

/** How the consumer's compiler finds modules. */
export const RESOLUTIONS = {
  NodeNext: { module: "NodeNext" },
  Bundler: { module: "ESNext", moduleResolution: "Bundler" },
} as const;

const STRICT = {
  target: "ES2022",
  strict: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
  types: ["node"],
};
const COMPLAINT = /^(?:\.\.\/)*(.+?)\(\d+,\d+\): error TS\d+/;
const IN_PACKAGE = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/**
 * Compiles files of a project, every declaration that they reach included.
 *
 * @param title names the configuration, so that several can compile at once
 * @throws {Error} where there is no verdict
 */
export async function compile(
  project: ScratchProject,
  title: string,
  compiler: keyof typeof COMPILERS,
  files: readonly string[],
  options: object,
): Promise<readonly Complaint[]> {
  const configuration = `tsconfig.${title}.json`;
  project.write(configuration, JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files }));
  const tsc = join(ROOT, "node_modules", COMPILERS[compiler], "bin", "tsc");
  const output = await new Promise<string>((resolve, reject) => {
    const args = [tsc, "-p", configuration, "--pretty", "false"];
    execFile(process.execPath, args, { cwd: project.folder }, (error, stdout) =>
      error === null || /error TS\d+/.test(stdout) ? resolve(stdout) : reject(error),
    );
  });
  return output
    .split("\n")
    .filter((line) => /error TS\d+/.test(line))
    .map((text) => ({ whose: whose(text), text }));
}

function whose(text: string): string {
  const file = COMPLAINT.exec(text)?.[1] ?? "";
  const name = IN_PACKAGE.exec(file)?.[1];
  if (name === undefined) return "the consumer's";
  return name === "cognito-auth-session" ? "ours" : name;
}
