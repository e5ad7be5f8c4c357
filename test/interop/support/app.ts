import { scratchProject } from "./scratch-project.js";
import { startServer } from "./server-process.js";

/** Starts the app of the scratch project, on the node that runs the tests, knowing nothing but the given variables. Returns its origin. */
export async function startApp(env: Record<string, string>): Promise<string> {
  const folder = await scratchProject();
  const program = {
    name: "The app",
    command: process.execPath,
    args: ["app.mjs"],
    cwd: folder,
    env: { HOME: folder, ...env }, // a home without .aws, so that nobody's own settings count
  };
  return startServer(program, (output) => /^listening on (\S+)$/m.exec(output)?.[1]);
}
