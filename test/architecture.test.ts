import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect } from "chai";

const SRC = join(import.meta.dirname, "..", "src");
const RUNTIME_IMPORT = /^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)";$/gms;
const ANY_IMPORT = /^(?:import|export) [^;]*?from "(\.[^"]+)";$/gms;

/** From the step nearest to the user to the one furthest; a folder may use what stands after it. */
const ORDER = [
  "cli",
  "playground",
  "otel",
  "http",
  "guards",
  "session",
  "browser",
  "credentials",
  "tokens",
  "config",
  "diagnostics",
  "errors",
];

/** What people call; other folders know nothing of them. */
const FACES = ["cli", "http", "otel", "playground", "testing"];
/** They are made of the other faces. */
const PROGRAMS = ["cli", "playground"];

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const importsOf = (file: string, pattern: RegExp): string[] =>
  [...readFileSync(join(SRC, file), "utf8").matchAll(pattern)].map(([, path = ""]) =>
    relative(SRC, join(SRC, dirname(file), path)).replace(/\.js$/, ".ts"),
  );
const folderOf = (file: string): string => (file.includes("/") ? (file.split("/")[0] ?? "") : "");

describe("The layout of src", () => {
  it("has one direction of dependency", () => {
    const wrong: string[] = [];
    for (const file of files) {
      const from = ORDER.indexOf(folderOf(file));
      for (const target of importsOf(file, ANY_IMPORT)) {
        const to = ORDER.indexOf(folderOf(target));
        if (from !== -1 && to !== -1 && to < from) wrong.push(`${file} -> ${target}`);
      }
    }
    expect(wrong).to.deep.equal([]);
  });

  it("is imported by its faces only: nothing imports one of them but programs", () => {
    const wrong = files.flatMap((file) =>
      importsOf(file, ANY_IMPORT)
        .filter(
          (target) => FACES.includes(folderOf(target)) && ![folderOf(target), "", ...PROGRAMS].includes(folderOf(file)),
        )
        .map((target) => `${file} -> ${target}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it("has the playground on the outside: nothing imports it but the program", () => {
    const wrong = files.filter(
      (file) =>
        !["playground", "cli"].includes(folderOf(file)) &&
        importsOf(file, ANY_IMPORT).some((target) => folderOf(target) === "playground"),
    );
    expect(wrong).to.deep.equal([]);
  });

  it("has no cycle", () => {
    const state = new Map<string, "open" | "done">();
    const cycles: string[] = [];
    const visit = (file: string, path: string[]) => {
      if (state.get(file) === "done") return;
      if (state.get(file) === "open") {
        cycles.push([...path, file].join(" -> "));
        return;
      }
      state.set(file, "open");
      for (const target of importsOf(file, RUNTIME_IMPORT)) visit(target, [...path, file]);
      state.set(file, "done");
    };
    for (const file of files) visit(file, []);
    expect(cycles).to.deep.equal([]);
  });

  it("has no long file", () => {
    const long = files.filter((file) => readFileSync(join(SRC, file), "utf8").split("\n").length > 290);
    expect(long).to.deep.equal([]);
  });
});
