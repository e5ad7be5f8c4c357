import { parseSync, Visitor } from "rolldown/utils";

type Node = { readonly start: number };

/**
 * Starts a line with each statement and each member of a class. Node shows the line in which an uncaught error was thrown:
 * without this, all of the file.
 */
export function breakLines(code: string): string {
  const starts = new Set<number>();
  const note = (nodes: readonly Node[]) => {
    for (const { start } of nodes) if (start > 0 && code[start - 1] !== "\n") starts.add(start);
  };
  const { program, errors } = parseSync("chunk.js", code);
  if (errors.length > 0) throw new Error(`What was built cannot be parsed: ${errors[0]?.message}`);
  new Visitor({
    Program: ({ body }) => note(body),
    BlockStatement: ({ body }) => note(body),
    ClassBody: ({ body }) => note(body),
    StaticBlock: ({ body }) => note(body),
    SwitchStatement: ({ cases }) => note(cases),
    SwitchCase: ({ consequent }) => note(consequent),
  }).visit(program);
  const cuts = [...starts].sort((a, b) => a - b);
  return [0, ...cuts].map((from, index) => code.slice(from, cuts[index])).join("\n");
}
