import { systemClock } from "../clock.js";
import { AuthError, ConfigurationError } from "../errors/auth-error.js";
import { decodeJWT } from "../tokens/decode.js";
import type { JWT } from "../tokens/jwt.js";
import { type Command, EXIT, type ExitCode } from "./command.js";
import { CONFIG_FLAGS, type FoundConfiguration, findConfiguration, fixOf } from "./configuration.js";
import { type Finding, showFinding } from "./finding.js";
import type { Given } from "./given.js";
import { judgeToken } from "./judge-token.js";
import { readToken } from "./read-token.js";
import { safeJson, safeText } from "./safe-text.js";
import type { Terminal } from "./terminal.js";
import { type ReadableTime, readableTime } from "./times.js";
import { UsageError } from "./usage-error.js";

/** Claims that are seconds since the epoch. */
const TIMES = ["exp", "iat", "nbf", "auth_time", "updated_at"];

export const decode: Command = {
  name: "decode",
  summary: "Show what a token says, and what the middleware would say about it",
  usage: "[token] [options]",
  about: [
    "Shows a token's header and claims, times in readable form, and what the middleware would answer to it,",
    "given the configuration in the options, the environment or amplify_outputs.json. Without a token, or with",
    "`-`, it is read from standard input, which keeps it out of the shell's history.",
    "Nothing goes over the network, and nothing is verified, unless `--verify` is given.",
  ],
  flags: {
    verify: { type: "boolean", help: "Fetch the key set and verify the token, as the middleware would" },
    json: { type: "boolean", help: "Print one JSON document" },
    ...CONFIG_FLAGS,
  },
  maxArguments: 1,
  examples: ["cognito-auth-session decode < token.txt", "pbpaste | cognito-auth-session decode --verify"],
  run,
};

/** What the middleware would say, or why nobody can tell. */
interface Judgement extends Finding {
  readonly configurationFrom?: readonly string[];
}

async function run(given: Given, terminal: Terminal): Promise<ExitCode> {
  const [typed] = given.positionals;
  if (typed === undefined && terminal.isInputTyped) {
    throw new UsageError("Give a token, or pipe one in: cognito-auth-session decode < token.txt");
  }
  const raw = await readToken(typed ?? "-", terminal);
  const isJson = given.has("json");
  const token = decodeOrExplain(raw);
  if ("status" in token) {
    if (isJson) terminal.line(safeJson({ isToken: false, verified: false, middleware: token }, 2));
    else showFinding(terminal, token);
    return EXIT.failed;
  }
  const judgement = await judge(raw, given, terminal);
  const verified = given.has("verify") && judgement.status === "pass";
  if (isJson) printJson(terminal, token, judgement, verified);
  else print(terminal, token, judgement, verified);
  return given.has("verify") && !verified ? EXIT.failed : EXIT.ok;
}

/** The token, or what is there in its place. */
function decodeOrExplain(raw: string): JWT | Finding {
  try {
    return decodeJWT(raw);
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    const isEncrypted = raw.split(".").length === 5;
    const fix = isEncrypted
      ? "It has five parts, so it is encrypted: Cognito's refresh tokens are. Give an access token or an ID token."
      : "Give the whole token, three parts with dots between, exactly as Cognito issued it.";
    return { status: "fail", message: "This is not a readable token.", fix, code: error.code };
  }
}

async function judge(raw: string, given: Given, terminal: Terminal): Promise<Judgement> {
  let found: FoundConfiguration;
  try {
    found = findConfiguration(given);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const message = "What the middleware would say cannot be told without its configuration.";
    return { status: given.has("verify") ? "fail" : "warn", message, fix: fixOf(error), code: error.code };
  }
  const judged = judgeToken(raw, found.config, given.has("verify"), systemClock);
  return { ...(await terminal.wait("Fetching the key set", judged)), configurationFrom: found.from };
}

function printJson(terminal: Terminal, { header, payload }: JWT, middleware: Judgement, verified: boolean): void {
  const times = Object.fromEntries(timesOf(payload));
  terminal.line(safeJson({ isToken: true, verified, header, payload, times, middleware }, 2));
}

function print(terminal: Terminal, { header, payload }: JWT, judgement: Judgement, verified: boolean): void {
  if (!verified) terminal.line(terminal.paint("yellow", "Nothing of this was verified: anybody can write a token.\n"));
  printMembers(terminal, "Header", header, new Map());
  terminal.line();
  printMembers(terminal, "Claims", payload, timesOf(payload));
  terminal.line();
  const { configurationFrom } = judgement;
  if (configurationFrom) terminal.line(`The middleware, configured by ${configurationFrom.join(", ")}:`);
  showFinding(terminal, judgement);
}

function printMembers(
  terminal: Terminal,
  title: string,
  members: Readonly<Record<string, unknown>>,
  times: ReadonlyMap<string, ReadableTime>,
): void {
  terminal.line(terminal.paint("bold", title));
  const width = Math.max(0, ...Object.keys(members).map((name) => safeText(name).length));
  for (const [name, value] of Object.entries(members)) {
    const time = times.get(name);
    const shown = time === undefined ? safeJson(value) : `${time.iso}, ${time.relative} (${safeJson(value)})`;
    terminal.line(`  ${terminal.paint("cyan", safeText(name).padEnd(width))}  ${shown}`);
  }
}

function timesOf(payload: Readonly<Record<string, unknown>>): ReadonlyMap<string, ReadableTime> {
  const nowMs = systemClock();
  return new Map(
    TIMES.flatMap((name) => {
      const time = Object.hasOwn(payload, name) ? readableTime(payload[name], nowMs) : undefined;
      return time === undefined ? [] : [[name, time]];
    }),
  );
}
