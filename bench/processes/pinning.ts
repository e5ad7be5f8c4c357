import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { join } from "node:path";
import { COMPILED } from "./paths.js";

/** Servers have a core of their own, and the load another, or they would take turns; both where threads are studied. */
export type Core = "0" | "1" | "0,1";

const canPin = cpus().length > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

export const pinningNote = canPin
  ? "servers on one core, load on another"
  : "servers and load NOT kept apart: that needs taskset and two cores";

/** Starts Node on one core, with a channel for messages. */
export function spawnNode(
  core: Core,
  script: string,
  args: readonly string[],
  flags: readonly string[] = [],
): ChildProcess {
  const node = [process.execPath, ...flags, join(COMPILED, script), ...args];
  const [program = "", ...rest] = canPin ? ["taskset", "-c", core, ...node] : node;
  return spawn(program, rest, {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    // What servers run as; without it frameworks print errors and keep stacks.
    env: { ...process.env, NODE_ENV: "production", NODE_OPTIONS: "", NODE_NO_WARNINGS: "1" },
  });
}
