import { readFileSync } from "node:fs";
import { COMMON_FLAGS, type Command, EXIT, type ExitCode } from "./command.js";
import { decode } from "./decode.js";
import { doctor } from "./doctor.js";
import { Given } from "./given.js";
import { helpOf, helpOfCommand } from "./help.js";
import { local } from "./local.js";
import { Terminal } from "./terminal.js";
import { quoted, suggest, UsageError } from "./usage-error.js";

export const COMMANDS: readonly Command[] = [doctor, decode, local];

/** What shells say of a program that SIGPIPE ended. */
const BROKEN_PIPE = 141;

const PROGRAM_FLAGS = { ...COMMON_FLAGS, version: { type: "boolean", short: "v", help: "Show the version" } } as const;

/**
 * The program: reads the command line, runs a command, sets the exit code.
 *
 * @param manifest where package.json is, which holds the version
 */
export async function main(manifest: URL): Promise<void> {
  endWithReader();
  // The SDK's advice about Node would stand in the middle of the output, and is for servers.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const terminal = new Terminal(process, process.env);
  process.exitCode = await run(process.argv.slice(2), terminal, manifest).catch((error: unknown) => {
    if (error instanceof UsageError) {
      terminal.complain(error.message);
      return EXIT.usage;
    }
    // Whatever it says may quote anything; its name does not.
    terminal.complain(`Something went wrong that should not (${error instanceof Error ? error.name : "unknown"}).`);
    return EXIT.failed;
  });
}

async function run(args: readonly string[], terminal: Terminal, manifest: URL): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined) {
    terminal.complain(helpOf(COMMANDS));
    return EXIT.usage;
  }
  if (name.startsWith("-")) return runProgram(args, terminal, manifest);
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return runCommand(command, rest, terminal);
  if (name === "help") {
    const about = COMMANDS.find((each) => each.name === rest[0]);
    terminal.line(about === undefined ? helpOf(COMMANDS) : helpOfCommand(about));
    return EXIT.ok;
  }
  const names = COMMANDS.map((each) => each.name);
  const hint = name.startsWith("eyJ") ? " To look into a token: `cognito-auth-session decode`." : suggest(name, names);
  throw new UsageError(`There is no command${quoted(name)}.${hint} There are: ${names.join(", ")}.`);
}

function runProgram(args: readonly string[], terminal: Terminal, manifest: URL): ExitCode {
  const given = new Given(args, PROGRAM_FLAGS, 0);
  terminal.line(given.has("version") ? versionIn(manifest) : helpOf(COMMANDS));
  return EXIT.ok;
}

async function runCommand(command: Command, args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const given = new Given(args, { ...command.flags, ...COMMON_FLAGS }, command.maxArguments);
  if (!given.has("help")) return command.run(given, terminal);
  terminal.line(helpOfCommand(command));
  return EXIT.ok;
}

function versionIn(manifest: URL): string {
  const { version }: { version?: unknown } = JSON.parse(readFileSync(manifest, "utf8"));
  return String(version);
}

/** Whoever reads our output may have had enough (`| head`): nothing is left to do. A verdict that was not yet found is none. */
function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      process.exit(error.code === "EPIPE" ? (process.exitCode ?? BROKEN_PIPE) : EXIT.failed);
    });
  }
}
