import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "rolldown";
import { dropUnreachableDeclarations, entryDeclarations } from "./declarations.js";
import { breakLines } from "./line-breaks.js";
import { BUNDLED, type LockedPackage, readNpmFile } from "./lockfile.js";

// Writes dist/*.js: a file for each entry point, and one for what they share. A hundred small modules, and the helpers'
// packages, would take three times as long to load. Names stay, so that stacks can be read. `tsc` has written the
// declarations; those stay that an entry point's declarations lead to.

const ROOT = join(import.meta.dirname, "..");

const manifest = readNpmFile<
  LockedPackage & { exports: Record<string, unknown>; bin: Readonly<Record<string, string>> }
>(ROOT, "package.json");
const programs = Object.values(manifest.bin).map((path) => basename(path, ".js"));
const faces = Object.keys(manifest.exports)
  .filter((name) => !name.endsWith(".json"))
  .map((name) => (name === "." ? "index" : name.slice("./".length)));
const entries = [...faces, ...programs];
const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

/** Reads the files of the playground's page; the package has their texts in it. */
const PAGE_TEXTS = "src/playground/asset-texts.ts";

const { output } = await build({
  cwd: ROOT,
  platform: "node",
  input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  external: (id) => id.startsWith("node:") || installed.some((name) => id === name || id.startsWith(`${name}/`)),
  tsconfig: false,
  // Of directives in modules that are no entry points. There is one, in an entry point, and it stays (a test looks).
  checks: { moduleLevelDirective: false },
  plugins: [{ name: "page-texts", load: (id) => (id.endsWith(PAGE_TEXTS) ? pageTexts() : undefined) }],
  output: {
    dir: "dist",
    format: "esm",
    chunkFileNames: "chunks/[name].js",
    // What programs, the playground and tests share is no part of what servers load.
    codeSplitting: {
      groups: [
        { name: "core", test: isForServers, minShareCount: 2, priority: 1 },
        { name: "local", minShareCount: 2 },
      ],
    },
    minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
  },
});

for (const { fileName } of output) {
  const path = join(ROOT, "dist", fileName);
  if (fileName.endsWith(".js")) writeFileSync(path, breakLines(readFileSync(path, "utf8")));
}
for (const name of programs) chmodSync(join(ROOT, "dist", `${name}.js`), 0o755);

const modules = output.flatMap((each) => (each.type === "chunk" ? each.moduleIds : []));
const bundled = new Set(modules.flatMap((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []));
if ([...bundled].sort().join() !== [...BUNDLED].sort().join()) {
  throw new Error(`Bundled are ${[...bundled].join(", ")}; BUNDLED in .ci/lockfile.ts says otherwise.`);
}
dropUnreachableDeclarations(join(ROOT, "dist"), entryDeclarations(ROOT, manifest.exports));
writeFileSync(join(ROOT, "dist", "THIRD-PARTY-LICENSES.txt"), BUNDLED.map(licenceOf).join("\n"));

/** Not what stands in for Cognito, and not the programs. */
function isForServers(id: string): boolean {
  return !/\/src\/(?:cli|playground|testing)[./]/.test(id);
}

/** The module that reads the page's files, with their texts in place of the reading. */
function pageTexts(): string {
  const folder = join(ROOT, "src/playground/page");
  const names = readdirSync(folder).filter((name) => !name.endsWith(".json"));
  const texts = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  return `const TEXTS = ${JSON.stringify(texts)};\nexport const assetText = (name) => TEXTS[name];`;
}

/** Their licences ask that their text goes along. */
function licenceOf(name: string): string {
  const folder = join(ROOT, "node_modules", name);
  const file = readdirSync(folder).find((each) => /^licen[cs]e(?:\.md|\.txt)?$/i.test(each));
  if (file === undefined) throw new Error(`${name} has no licence file.`);
  const { version } = readNpmFile<LockedPackage>(folder, "package.json");
  return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}
