import type { ChildProcess } from "node:child_process";
import { end } from "./child.js";
import { spawnNode } from "./pinning.js";

/** Runs a compiled script on one core to its end, and reads the JSON that it prints. */
export async function runScript(
  script: string,
  args: readonly string[],
  limitMs: number,
  flags: readonly string[] = [],
): Promise<unknown> {
  const child = spawnNode("0", script, args, flags);
  const timer = setTimeout(() => void end(child), limitMs);
  try {
    const [code, output] = await Promise.all([exitCode(child), outputOf(child)]);
    if (code !== 0) throw new Error(`${script} ${args.join(" ")} ended with ${code ?? "a signal"}.`);
    return JSON.parse(output);
  } finally {
    clearTimeout(timer);
    await end(child);
  }
}

function exitCode(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
}

async function outputOf(child: ChildProcess): Promise<string> {
  let output = "";
  for await (const chunk of child.stdout ?? []) output += String(chunk);
  return output;
}
