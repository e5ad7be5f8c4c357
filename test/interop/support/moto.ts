import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { freePort, originIfUp, startServer } from "./server-process.js";

const root = resolve(import.meta.dirname, "../../..");
const HOW_TO_INSTALL = `moto_server is not installed. These two lines, in the repository's folder, install it for these tests:
  python3 -m venv .ci/.venv
  .ci/.venv/bin/pip install -r test/interop/requirements.txt
Or set MOTO_SERVER to the path of one that you have.`;

/** Starts moto, which has user pools, identity pools and S3 in one server, and returns its origin. */
export async function startMoto(): Promise<string> {
  const port = await freePort();
  const program = {
    name: "moto_server",
    command: findMotoServer(),
    args: ["-H", "127.0.0.1", "-p", String(port)],
    cwd: tmpdir(),
    env: process.env, // Python's own settings
  };
  return startServer(program, () => originIfUp(`http://127.0.0.1:${port}`, "/moto-api/"));
}

function findMotoServer(): string {
  const { MOTO_SERVER, PATH = "" } = process.env;
  if (MOTO_SERVER) return resolve(MOTO_SERVER);
  const folders = [join(root, ".ci/.venv/bin"), ...PATH.split(delimiter)];
  const found = folders.map((folder) => join(folder, "moto_server")).find(isExecutable);
  if (found === undefined) throw new Error(HOW_TO_INSTALL);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
