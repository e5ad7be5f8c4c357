import { ENVIRONMENT_VARIABLES } from "../config/sources.js";
import type { LocalCognito, LocalUser } from "../testing.js";
import { type Command, EXIT, type ExitCode } from "./command.js";
import type { Given } from "./given.js";
import { safeJson } from "./safe-text.js";
import { type RunningLocal, startLocal } from "./start-local.js";
import type { Terminal } from "./terminal.js";
import { UsageError } from "./usage-error.js";

/** One of each kind that guards tell apart. */
const SAMPLES = ["ada:admin", "rob:reader", "nia"];
const MAX_PORT = 65_535;
/** What Cognito takes as a user name, without what separates things here. */
const NAME = /^[^\p{C}\p{Z}:,]{1,128}$/u;

export const local: Command = {
  name: "local",
  summary: "Run a Cognito of your own on this machine, with users and their tokens",
  usage: "[options]",
  about: [
    "Runs a user pool and an identity pool on 127.0.0.1 until it is stopped by Ctrl-C. Prints what to put into the",
    "environment of your server, and an ID token and an access token for each user. The playground, a page to try tokens",
    "and outages on, runs beside it. Nothing leaves this machine.",
  ],
  flags: {
    port: { type: "string", short: "p", value: "number", help: "Port (default: a free one)" },
    "page-port": { type: "string", value: "number", help: "Port of the playground's page (default: a free one)" },
    user: {
      type: "string",
      short: "u",
      value: "name:group1,group2",
      multiple: true,
      help: `A user and their groups; may be given again (default: ${SAMPLES.join(", ")})`,
    },
    groups: { type: "string", short: "g", value: "group1,group2", help: "Groups that every user is in besides" },
    json: { type: "boolean", help: "Print one JSON document, then run on" },
  },
  maxArguments: 0,
  examples: [
    "cognito-auth-session local",
    "cognito-auth-session local --port 9229 --user ada:admin,finance --user rob --groups staff",
  ],
  run,
};

/** A user, signed in. */
interface SignedIn {
  readonly username: string;
  readonly groups: readonly string[];
  readonly idToken: string;
  readonly accessToken: string;
}

async function run(given: Given, terminal: Terminal): Promise<ExitCode> {
  const port = portOf(given, "port");
  const pagePort = portOf(given, "page-port");
  const users = usersOf(given);
  // Listened for before anything starts: a signal in between would leave nobody to stop it.
  const stopped = untilStopped();
  const running = await startLocal({ port, pagePort, users }).catch((error: unknown) => {
    if (isPortTaken(error)) return error;
    throw error;
  });
  if ("code" in running) {
    const flag = running.port === pagePort ? "--page-port" : "--port";
    terminal.complain(
      `Port ${running.port} cannot be used: something else has it, or it is not yours. Choose another: ${flag} ${running.port + 1}`,
    );
    return EXIT.failed;
  }
  const signedIn = users.map((user) => signIn(running.cognito, user));
  if (given.has("json")) printJson(terminal, running, signedIn);
  else print(terminal, running, signedIn);
  await stopped;
  await running.close();
  if (!given.has("json")) terminal.line("\nStopped.");
  return EXIT.ok;
}

/** 0 where none was named. @throws {UsageError} */
function portOf(given: Given, flag: "port" | "page-port"): number {
  const port = given.number(flag) ?? 0;
  if (!Number.isInteger(port) || port > MAX_PORT)
    throw new UsageError(`\`--${flag}\` takes a number up to ${MAX_PORT}.`);
  return port;
}

/** @throws {UsageError} */
function usersOf(given: Given): LocalUser[] {
  const common = listOf("groups", given.text("groups") ?? "");
  const texts = given.texts("user").length > 0 ? given.texts("user") : SAMPLES;
  const users = texts.map((text) => {
    const colon = text.indexOf(":");
    const username = colon === -1 ? text : text.slice(0, colon);
    if (!NAME.test(username)) throw new UsageError("`--user` takes a name, or name:group1,group2.");
    const own = colon === -1 ? [] : listOf("user", text.slice(colon + 1));
    return { username, groups: [...new Set([...own, ...common])], attributes: { email: `${username}@example.com` } };
  });
  if (new Set(users.map(({ username }) => username)).size < users.length) {
    throw new UsageError("`--user` names one user twice: put all groups into one.");
  }
  return users;
}

function listOf(flag: string, text: string): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.every((name) => NAME.test(name))) return names;
  throw new UsageError(`\`--${flag}\` takes groups with commas between: group1,group2.`);
}

function signIn(cognito: LocalCognito, user: LocalUser): SignedIn {
  const { idToken, accessToken } = cognito.signIn(user);
  return { username: user.username, groups: user.groups ?? [], idToken, accessToken };
}

function environmentOf({ options }: LocalCognito): Record<string, string> {
  const values = new Map<string, string>(Object.entries(options));
  return Object.fromEntries(
    Object.entries(ENVIRONMENT_VARIABLES).flatMap(([option, variable]) => {
      const value = values.get(option);
      return value === undefined ? [] : [[variable, value]];
    }),
  );
}

function printJson(terminal: Terminal, running: RunningLocal, users: readonly SignedIn[]): void {
  const { url, pageUrl, cognito } = running;
  terminal.line(safeJson({ url, pageUrl, environment: environmentOf(cognito), options: cognito.options, users }, 2));
}

function print(terminal: Terminal, { url, pageUrl, cognito }: RunningLocal, users: readonly SignedIn[]): void {
  const title = (text: string) => terminal.line(terminal.paint("bold", text));
  title(`Local Cognito: ${url}`);
  terminal.line(`A page to sign in, call routes and break things is on ${pageUrl}`);
  terminal.line("\nFor the environment of your server, or its .env file; authSession() then needs no options:\n");
  for (const [name, value] of Object.entries(environmentOf(cognito))) terminal.line(`${name}=${value}`);
  terminal.line("\nThe same as options:\n");
  terminal.line(`authSession(${safeJson(cognito.options, 2).replace(/^(\s+)"(\w+)":/gm, "$1$2:")})`);
  terminal.line(
    "\nTokens, good for an hour, as shell variables. ID tokens get AWS credentials, access tokens carry scopes.",
  );
  for (const { username, groups, idToken, accessToken } of users) {
    const name = variableOf(username);
    terminal.line();
    title(`# ${username}: ${groups.length > 0 ? groups.join(", ") : "no group"}`);
    terminal.line(`${name}_ID_TOKEN=${idToken}`);
    terminal.line(`${name}_ACCESS_TOKEN=${accessToken}`);
  }
  terminal.line(
    '\nTry them: curl -i -H "Authorization: Bearer $' +
      `${variableOf(users[0]?.username ?? "")}_ID_TOKEN" <your server>`,
  );
  terminal.line("Ctrl-C stops it.");
}

/** A name that a shell takes. */
function variableOf(username: string): string {
  return username
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "_")
    .replace(/^(?=\d)/, "_");
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}

interface PortTaken {
  readonly code: string;
  readonly port: number;
}

function isPortTaken(error: unknown): error is PortTaken {
  const isListening = error instanceof Error && "code" in error && "port" in error;
  return isListening && (error.code === "EADDRINUSE" || error.code === "EACCES");
}
