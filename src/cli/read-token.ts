import type { Terminal } from "./terminal.js";
import { UsageError } from "./usage-error.js";

/**
 * The token that was given, or that is piped in.
 *
 * @param given `-` stands for what is piped in
 * @throws {UsageError} where there is none
 */
export async function readToken(given: string, terminal: Terminal): Promise<string> {
  const text = given === "-" ? await readPiped(terminal) : given;
  const token = text.trim().replace(/^bearer\s+/i, "");
  if (token === "") throw new UsageError("No token was given: standard input is empty.");
  return token;
}

async function readPiped(terminal: Terminal): Promise<string> {
  if (terminal.isInputTyped) terminal.note("Paste the token, then press Enter and Ctrl-D.");
  const text = await terminal.readInput();
  if (text === undefined) throw new UsageError("What was piped in is too long to be a token.");
  return text;
}
