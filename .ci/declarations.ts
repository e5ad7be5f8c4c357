import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/** `from "./x.js"`, `import "./x.js"` and `import("./x.js")`: the ways that a declaration file names another. */
const NAMES_ANOTHER = /\b(?:from|import)\s*\(?\s*"(\.[^"]+)\.js"/g;

/**
 * The declaration files that a consumer's compiler reads: those of the entry points, and what they name in turn.
 *
 * @param entries paths of the entry points' declaration files
 * @throws {Error} where one names a file that there is not
 */
export function reachableDeclarations(entries: readonly string[]): ReadonlySet<string> {
  const reached = new Set(entries);
  // A set tells of what is added to it while it is walked.
  for (const file of reached) {
    for (const [, path = ""] of readFileSync(file, "utf8").matchAll(NAMES_ANOTHER)) {
      reached.add(join(dirname(file), `${path}.d.ts`));
    }
  }
  return reached;
}

/** All declaration files below a folder. */
export function declarationsIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".d.ts"))
    .map((file) => join(folder, file));
}

/** Removes the declaration files that no entry point leads to. They would tell of internals, and take half of the space. */
export function dropUnreachableDeclarations(folder: string, entries: readonly string[]): void {
  const reached = reachableDeclarations(entries);
  for (const file of declarationsIn(folder)) {
    if (!reached.has(file)) rmSync(file);
  }
}

/** The entry points' declaration files, by a manifest's `exports`. */
export function entryDeclarations(root: string, exports: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.values(exports).flatMap((target) => {
    if (typeof target !== "object" || target === null || !("types" in target)) return [];
    return join(root, String(target.types));
  });
}
