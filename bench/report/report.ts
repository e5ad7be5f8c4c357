import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../processes/paths.js";
import type { Results } from "../results.js";
import { plotsOf } from "./plots.js";
import { tablesOf } from "./tables.js";
import { targetsTable } from "./targets.js";

const DOCS = join(ROOT, "docs");
const TABLES = "performance-tables.md";

const INTRODUCTION = `<!-- Written by npm run bench. -->

Ratios hold on other machines, requests a second do not. Each ratio is the median of paired slices of load, one on each
server right after the other, with its quartiles: dividing one median by another, of two columns, gives another figure.
Where a column has two figures, the second is that of what is compared with. "CPU": what a request took of the server's core.
"Within noise": the limit lies between the quartiles. "(servers waited)": the load was the slower side.
Each server is a process of its own, loaded one at a time. "Bare" does not authenticate, and answers 200 to everybody.`;

/** All tables as text. With plots they go into docs/ if wanted. */
export function report(results: Results, writesDocs: boolean): string {
  const { machine, scale } = results;
  const little = scale.name === "full" ? "" : "A quick run shows that everything works. Its figures mean little.\n\n";
  const facts = `${little}${machine}. ${roundsOf(results)} rounds of ${scale.sliceMs} ms.`;
  const tables = [`### Targets`, targetsTable(results), tablesOf(results)].join("\n\n");
  if (!writesDocs) return `${facts}\n\n${tables}`;
  const files = new Map([
    [TABLES, `# Performance, measured\n\n${INTRODUCTION}\n\n${facts}\n\n${tables.replaceAll("### ", "## ")}\n`],
  ]);
  for (const [file, text] of [...files, ...plotsOf(results)]) writeFileSync(join(DOCS, file), text);
  return `${facts}\n\n${tables}\n\nWritten: docs/${TABLES} and docs/bench-*.svg`;
}

/** Sections that were measured anew by themselves may have another number of them. */
function roundsOf({ contests, scale }: Results): string {
  const rounds = contests.length === 0 ? [scale.rounds] : contests.map((contest) => contest.rounds);
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
  return least === most ? String(least) : `${least} to ${most}`;
}
