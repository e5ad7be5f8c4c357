import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEFENCES, type Defence } from "./defences.js";

const PROJECT = join(import.meta.dirname, "..", "..");
const MOCHA = join(PROJECT, "node_modules", "mocha", "bin", "mocha.js");
/** Against endless loops; what merely hangs meets the time-out of its own test long before. */
const LIMIT_MS = 120_000;

/** How a run of tests ended. */
export type Run = { readonly failed: boolean; readonly output: string };

/** A copy of the project in which defences are taken away; it finds its packages in the project around it. */
export class Workshop {
  readonly #folder: string;

  constructor(name: string) {
    this.#folder = join(PROJECT, "test", ".generated-defences", name);
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true });
    for (const entry of ["package.json", "tsconfig.json", "src", "test/fixtures", "test/support", "test/threats"]) {
      cpSync(join(PROJECT, entry), join(this.#folder, entry), { recursive: true });
    }
    for (const test of new Set(DEFENCES.flatMap(({ noticedBy }) => ("test" in noticedBy ? noticedBy.test : [])))) {
      const file = join("test", `${test}.test.ts`);
      cpSync(join(PROJECT, file), join(this.#folder, file));
    }
    writeFileSync(
      join(this.#folder, "mocharc.json"),
      '{"import":"tsx","require":["test/support/key-stock.ts"],"timeout":20000,"failZero":true}',
    );
  }

  /** Takes a defence away, has those who must notice look, and puts it back. */
  async without({ file, source, replacement, noticedBy }: Defence): Promise<Run> {
    const path = join(this.#folder, "src", file);
    const text = readFileSync(path, "utf8");
    if (text.split(source).length !== 2) throw new Error(`This does not stand in ${file} exactly once: ${source}`);
    writeFileSync(
      path,
      text.replace(source, () => replacement),
    );
    try {
      return await this.run(noticedBy);
    } finally {
      writeFileSync(path, text);
    }
  }

  /** Runs a group of the corpus, or a test file. What hangs has failed. */
  run(tests: Defence["noticedBy"]): Promise<Run> {
    const selection =
      "group" in tests
        ? ["test/threats/threats.test.ts", "--grep", `^The threats over Express ${tests.group}:`]
        : [`test/${tests.test}.test.ts`];
    const child = spawn(process.execPath, [MOCHA, "--config", "mocharc.json", "--bail", "--exit", ...selection], {
      cwd: this.#folder,
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ failed: code !== 0, output }));
    });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
