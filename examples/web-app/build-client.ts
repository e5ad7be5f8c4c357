import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Where the built pages are. */
export const CLIENT_DIST = join(import.meta.dirname, "dist");

const SOURCES = [
  join(import.meta.dirname, "client"),
  join(import.meta.dirname, "vite.config.ts"),
  join(import.meta.dirname, "../../src/react"),
  join(import.meta.dirname, "../../src/react.ts"),
];

/** Builds the pages with Vite, unless they are newer than everything that they are made of. */
export async function buildClient(): Promise<void> {
  const builtMs = await newestMs(join(CLIENT_DIST, "index.html")).catch(() => 0);
  const changedMs = Math.max(...(await Promise.all(SOURCES.map(newestMs))));
  if (builtMs > changedMs) return;
  const { NODE_ENV } = process.env;
  const { build } = await import("vite");
  await build({ configFile: join(import.meta.dirname, "vite.config.ts"), logLevel: "error" });
  // Vite sets it for itself, and the server is not Vite's.
  if (NODE_ENV === undefined) delete process.env.NODE_ENV;
}

/** When a file, or the newest file of a folder, was last changed. */
async function newestMs(path: string): Promise<number> {
  const { mtimeMs } = await stat(path);
  const files = await readdir(path, { recursive: true }).catch(() => []);
  const times = await Promise.all(files.map(async (file) => (await stat(join(path, file))).mtimeMs));
  return Math.max(mtimeMs, ...times);
}
