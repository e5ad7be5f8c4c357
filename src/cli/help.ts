import { COMMON_FLAGS, type Command, type Flags } from "./command.js";

const NAME = "cognito-auth-session";

/** The help of the whole program. */
export function helpOf(commands: readonly Command[]): string {
  return [
    `Usage: ${NAME} <command> [options]`,
    "",
    "Commands:",
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    "",
    "Options:",
    ...columns([...rowsOf(COMMON_FLAGS), ["-v, --version", "Show the version"]]),
    "",
    `\`${NAME} <command> --help\` says more about a command.`,
    "Exit codes: 0 all is well, 1 something is not, 2 the command line cannot be understood.",
  ].join("\n");
}

/** The help of one command. */
export function helpOfCommand({ name, usage, about, flags, examples }: Command): string {
  return [
    `Usage: ${NAME} ${name}${usage === "" ? "" : ` ${usage}`}`,
    "",
    ...about,
    "",
    "Options:",
    ...columns(rowsOf({ ...flags, ...COMMON_FLAGS })),
    "",
    "Examples:",
    ...examples.map((example) => `  ${example}`),
  ].join("\n");
}

function rowsOf(flags: Flags): [string, string][] {
  return Object.entries(flags).map(([name, { short, value, help }]) => [
    `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`,
    help,
  ]);
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}
