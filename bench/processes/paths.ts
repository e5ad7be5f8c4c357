import { join } from "node:path";

/** The package's folder. */
export const ROOT = join(import.meta.dirname, "..", "..");
export const BENCH = join(ROOT, "bench");
/** What is measured runs as plain JavaScript: a loader of TypeScript would be measured with it. */
export const COMPILED = join(BENCH, ".build");
export const RESULTS = join(BENCH, ".results");
export const PROFILES = join(RESULTS, "profiles");
