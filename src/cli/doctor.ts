import { systemClock } from "../clock.js";
import { ConfigurationError } from "../errors/auth-error.js";
import { type Command, EXIT, type ExitCode } from "./command.js";
import { CONFIG_FLAGS, type FoundConfiguration, findConfiguration, fixOf } from "./configuration.js";
import type { Check } from "./doctor/check.js";
import { examine } from "./doctor/examine.js";
import { showFinding } from "./finding.js";
import type { Given } from "./given.js";
import { readToken } from "./read-token.js";
import { safeJson } from "./safe-text.js";
import type { Terminal } from "./terminal.js";

export const doctor: Command = {
  name: "doctor",
  summary: "Check a configuration against the live service",
  usage: "[options]",
  about: [
    "Checks the configuration in the options, the environment or amplify_outputs.json against the live service:",
    "one line for each check, and for each failure the fix. With a token it goes the whole way that a request",
    "goes: verification, identity, AWS credentials, and who AWS says that they are.",
    "It changes nothing, and shows neither the token nor the credentials.",
  ],
  flags: {
    token: { type: "string", value: "token", help: "A user's ID or access token; `-` reads it from standard input" },
    json: { type: "boolean", help: "Print one JSON document" },
    ...CONFIG_FLAGS,
  },
  maxArguments: 0,
  examples: [
    "cognito-auth-session doctor",
    "cognito-auth-session doctor --token - < id-token.txt",
    "cognito-auth-session doctor --user-pool-id eu-west-1_AbCdEfGhI --client-id 1h57kf5cpq17m0eml12EXAMPLE",
  ],
  run,
};

async function run(given: Given, terminal: Terminal): Promise<ExitCode> {
  const typed = given.text("token");
  const token = typed === undefined ? undefined : await readToken(typed, terminal);
  const isJson = given.has("json");
  const checks: Check[] = [];
  for await (const check of checksOf(given, token, terminal)) {
    checks.push(check);
    if (!isJson) showFinding(terminal, check);
  }
  const count = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
  const summary = { pass: count("pass"), warn: count("warn"), fail: count("fail") };
  const isGood = summary.fail === 0;
  if (isJson) terminal.line(safeJson({ ok: isGood, summary, checks }, 2));
  else {
    const { pass, warn, fail } = summary;
    terminal.line();
    terminal.line(
      terminal.paint("bold", `${pass} passed, ${warn} ${warn === 1 ? "warning" : "warnings"}, ${fail} failed.`),
    );
  }
  return isGood ? EXIT.ok : EXIT.failed;
}

async function* checksOf(given: Given, token: string | undefined, terminal: Terminal): AsyncGenerator<Check> {
  let found: FoundConfiguration;
  try {
    found = findConfiguration(given);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { code } = error;
    yield {
      id: "configuration",
      status: "fail",
      message: "The configuration cannot be used.",
      fix: fixOf(error),
      code,
    };
    return;
  }
  const wait = terminal.wait.bind(terminal);
  for (const pool of found.config.userPools) yield* examine({ found, pool, token, clock: systemClock, wait });
}
