import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The text of one of the page's files. In the package the texts stand here themselves: `.ci/build.ts` puts them in. */
export function assetText(name: string): string {
  return readFileSync(join(import.meta.dirname, "page", name), "utf8");
}
