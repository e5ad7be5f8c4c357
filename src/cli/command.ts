import type { Given } from "./given.js";
import type { Terminal } from "./terminal.js";

/** An option of a command. */
export interface Flag {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  /** What its value is called in the help. */
  readonly value?: string;
  readonly help: string;
}

/** Options by name, without their dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** What became of a command: all is well, something is not, or it was called wrongly. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One command of the command line. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What stands after the name in the help's first line. */
  readonly usage: string;
  /** What it does, in a few lines. */
  readonly about: readonly string[];
  readonly flags: Flags;
  readonly maxArguments: number;
  readonly examples: readonly string[];
  run(given: Given, terminal: Terminal): Promise<ExitCode>;
}

/** Every command has these. */
export const COMMON_FLAGS = {
  help: { type: "boolean", short: "h", help: "Show this help" },
} as const satisfies Flags;
