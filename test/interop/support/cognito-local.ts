import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { scratchProject } from "./scratch-project.js";
import { freePort, originIfUp, startServer } from "./server-process.js";

/** Starts cognito-local, with data of its own, and returns its origin. It makes its issuers of the host and port it is told to listen on. */
export async function startCognitoLocal(): Promise<string> {
  const folder = await scratchProject();
  const port = await freePort();
  const program = {
    name: "cognito-local",
    command: process.execPath,
    args: [join(folder, "node_modules/.bin/cognito-local")],
    cwd: await mkdtemp(join(folder, "cognito-local-")), // it keeps its data in the working directory
    env: { HOME: folder, HOST: "127.0.0.1", PORT: String(port) },
  };
  return startServer(program, () => originIfUp(`http://127.0.0.1:${port}`, "/health"));
}
