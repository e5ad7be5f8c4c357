import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { anchors, type CodeBlock, codeBlocks, codeIn, tables } from "./markdown.js";

/** A page that users read. */
export interface Document {
  /** From the project's root: `docs/options.md`. */
  readonly path: string;
  readonly text: string;
}

/** A block of code, and where it stands. */
export interface PlacedBlock extends CodeBlock {
  readonly document: Document;
  readonly place: string;
}

const ROOT_PAGES = ["README.md", "SECURITY.md", "CHANGELOG.md"];

/** All pages: those at the root, and each one in `docs`. */
export const DOCUMENTS: readonly Document[] = [
  ...ROOT_PAGES,
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `docs/${name}`),
].map((path) => ({ path, text: readFileSync(path, "utf8") }));

/** The text of one page. */
export function textOf(path: string): string {
  const document = DOCUMENTS.find((one) => one.path === path);
  if (document === undefined) throw new Error(`There is no page ${path}.`);
  return document.text;
}

/** The blocks of a language on all pages, in order. */
export function blocksOf(language: string): PlacedBlock[] {
  return DOCUMENTS.flatMap((document) =>
    codeBlocks(document.text)
      .filter((block) => block.language === language)
      .map((block) => ({ ...block, document, place: `${document.path} line ${block.line}` })),
  );
}

/** The rows of every table of a page whose first heading is this. */
export function rowsOf(path: string, heading: string): (readonly string[])[] {
  return tables(textOf(path))
    .filter(({ headers }) => headers[0] === heading)
    .flatMap(({ rows }) => rows);
}

/** The names that the first column of a page's tables documents, without what follows a parenthesis. */
export function namesIn(path: string, heading: string): string[] {
  return rowsOf(path, heading).flatMap(([cell = ""]) => codeIn(cell).map((code) => code.replace(/\(.*$/, "")));
}

/** Whether the file, and the heading in it, that a link on a page names are there. */
export function leadsSomewhere(from: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? from : join(dirname(from), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || anchors(readFileSync(file, "utf8")).has(anchor);
}
