/** A fenced block of code. */
export interface CodeBlock {
  readonly language: string;
  /** Line of the file that its first line of code stands on, from 1. */
  readonly line: number;
  readonly text: string;
}

/** A table, cells trimmed. */
export interface Table {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Where a link leads, and the line it stands on. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** The fenced blocks of a document, in order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const fence = /^```(\w*)\s*$/.exec(line);
    if (open === undefined) {
      if (fence) open = { language: fence[1] ?? "", line: index + 2, lines: [] };
    } else if (fence) {
      blocks.push({ language: open.language, line: open.line, text: open.lines.join("\n") });
      open = undefined;
    } else open.lines.push(line);
  }
  if (open !== undefined) throw new Error(`The code block at line ${open.line - 1} is not closed.`);
  return blocks;
}

/** The tables of a document, in order. */
export function tables(markdown: string): Table[] {
  const found: { headers: string[]; rows: string[][] }[] = [];
  let previous: string[] | undefined;
  for (const line of prose(markdown).split("\n")) {
    const cells = cellsOf(line);
    if (cells === undefined) previous = undefined;
    else if (previous === undefined) {
      previous = cells;
      found.push({ headers: cells, rows: [] });
    } else if (!cells.every((cell) => /^:?-+:?$/.test(cell))) found.at(-1)?.rows.push(cells);
  }
  return found;
}

/** The anchors that GitHub gives a document's headings. */
export function anchors(markdown: string): Set<string> {
  const found = new Set<string>();
  for (const [, title = ""] of prose(markdown).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let copy = 1; found.has(anchor); copy += 1) anchor = `${slug}-${copy}`;
    found.add(anchor);
  }
  return found;
}

/** The links of a document, and the pictures that it shows. */
export function links(markdown: string): Link[] {
  return prose(markdown)
    .split("\n")
    .flatMap((text, index) =>
      [...text.matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"\s]+)"/g)].map(([, target, attribute = ""]) => ({
        target: target ?? attribute,
        line: index + 1,
      })),
    );
}

/** What stands in backticks in a cell. */
export function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll("\\|", "|"));
}

/** The document with its code blocks emptied, line for line. */
function prose(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ""));
}

function cellsOf(line: string): string[] | undefined {
  if (!line.startsWith("|")) return undefined;
  return line
    .replace(/^\||\|\s*$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}
