import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CodeBlock } from "./markdown.js";

/** One for each process: test runs may go on side by side. */
const FOLDER = `test/.generated-${process.pid}`;

const TSCONFIG = JSON.stringify({ extends: "../../tsconfig.json", include: ["**/*.ts"], exclude: [] });

/** What a code block may use without declaring it. */
const PRELUDE = `
import type { Express } from "express";
declare global {
  const app: Express;
}
`;

/**
 * The TypeScript blocks of documents as files of their own, to compile and to run. They are inside the project, so that
 * they see its dependencies.
 */
export class CodeSamples {
  readonly #files = new Map<string, string>([
    ["tsconfig.json", TSCONFIG],
    ["prelude.d.ts", PRELUDE],
  ]);

  /**
   * @param name what the file is called: for a block, see {@link fileNameOf}
   * @returns its path from the project's root
   */
  add(name: string, text: string): string {
    if (this.#files.has(name)) throw new Error(`Two code blocks are called ${name}.`);
    this.#files.set(name, text);
    return `${FOLDER}/${name}`;
  }

  /**
   * Adds a block, line for line where it stands in its document.
   *
   * @param document what the block is called after if it has no name of its own
   * @param folder where it goes, so that blocks of two documents may have one name. Default: where all others are
   */
  addBlock(document: string, block: CodeBlock, folder = "."): string {
    const text = `${"\n".repeat(block.line - 1)}${block.text}\n\nexport {};\n`;
    return this.add(join(folder, fileNameOf(document, block)), text);
  }

  write(): void {
    this.remove();
    mkdirSync(FOLDER, { recursive: true });
    for (const [name, text] of this.#files) {
      mkdirSync(dirname(join(FOLDER, name)), { recursive: true });
      writeFileSync(join(FOLDER, name), text);
    }
  }

  remove(): void {
    rmSync(FOLDER, { recursive: true, force: true });
  }

  /** Compiles everything that was written, at once. Returns the compiler's complaints by path, "" for those without one. */
  compile(): Map<string, string> {
    const { stdout, stderr, error } = spawnSync(
      process.execPath,
      ["node_modules/typescript/bin/tsc", "-p", FOLDER, "--pretty", "false"],
      { encoding: "utf8" },
    );
    if (error) throw error;
    const complaints = new Map<string, string>();
    let path = "";
    for (const line of `${stdout}\n${stderr}`.split("\n").filter((text) => text.trim() !== "")) {
      // What is indented goes on with the complaint before.
      if (!line.startsWith(" ")) path = /^(\S+)\(\d+,\d+\): /.exec(line)?.[1] ?? "";
      complaints.set(path, `${complaints.get(path) ?? ""}${line}\n`);
    }
    return complaints;
  }
}

/** `// app.ts` in its first line names a block; others are called after their place. */
function fileNameOf(document: string, { line, text }: CodeBlock): string {
  return /^\/\/ ([\w.-]+\.ts)$/m.exec(text.split("\n", 1)[0] ?? "")?.[1] ?? `${document}-line-${line}.ts`;
}

/**
 * Has samples written and compiled before a suite's tests, and removed after them.
 *
 * @returns what the compiler complained of, by path; of all files where no path is given
 */
export function compiling(samples: CodeSamples): (...paths: readonly string[]) => string {
  let complaints: ReadonlyMap<string, string>;
  before(function () {
    this.timeout(60_000);
    samples.write();
    complaints = samples.compile();
  });
  after(() => samples.remove());
  return (...paths) =>
    (paths.length === 0 ? [...complaints.keys()] : paths).map((path) => complaints.get(path) ?? "").join("");
}
