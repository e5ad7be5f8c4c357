import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect } from "chai";
import { CodeSamples } from "./support/code-samples.js";
import { blocksOf, DOCUMENTS, leadsSomewhere, namesIn, type PlacedBlock } from "./support/documents.js";
import { codeBlocks, codeIn, links } from "./support/markdown.js";

const PACKAGE: { bin?: object; scripts: Record<string, string> } = JSON.parse(readFileSync("package.json", "utf8"));

/** Other names of languages that are checked: under these a block would go unchecked. */
const UNCHECKED = new Set(["typescript", "tsx", "mts", "javascript", "jsx", "mjs", "cjs", "bash", "shell", "zsh"]);

/** What blocks may import from vitest. */
const VITEST = `declare module "vitest" {
  export { after as afterAll, before as beforeAll, describe, it } from "node:test";
}`;

/** `docs/adapters.md` shows files of `src/http` and `test/matrix`; here they stand in a folder of their own. */
function textToCompile({ text, document }: PlacedBlock): string {
  if (document.path !== "docs/adapters.md") return text;
  return text
    .replaceAll(/from "\.\.\/(errors|guards|session)\//g, 'from "../../../src/$1/')
    .replaceAll('from "../matrix/', 'from "../../matrix/')
    .replaceAll('from "./problem.js"', 'from "../../../src/http/problem.js"');
}

describe("The documents", () => {
  describe("show code", () => {
    const samples = new CodeSamples();
    const blocks = blocksOf("ts").map((block) => {
      const name = basename(block.document.path, ".md");
      return { ...block, path: samples.addBlock(name, { ...block, text: textToCompile(block) }, name) };
    });
    const tablesPath = samples.add("tables.ts", memberTables());
    // The test that docs/adapters.md shows is run over all frameworks.
    samples.add("older-versions.d.ts", readFileSync("test/support/older-versions.d.ts", "utf8"));
    // Not installed here; test/testing-docs.test.ts runs what uses it, over node:test.
    samples.add("vitest.d.ts", VITEST);
    let complaints: ReadonlyMap<string, string>;

    before(function () {
      this.timeout(60_000);
      samples.write();
      complaints = samples.compile();
    });
    after(() => samples.remove());

    for (const { place, path } of blocks) {
      it(`type-checks: ${place}`, () => {
        expect(complaints.get(path) ?? "").to.equal("");
      });
    }

    it("names all options, members and fields in its tables, and no others", () => {
      expect(complaints.get(tablesPath) ?? "").to.equal("");
    });

    it("leaves the compiler no other complaint", () => {
      const known = [...blocks.map(({ path }) => path), tablesPath];
      expect([...complaints].filter(([path]) => !known.includes(path) && !path.startsWith("src/"))).to.deep.equal([]);
    });

    for (const { text, place } of blocksOf("js")) {
      it(`parses: ${place}`, () => {
        const inputType = text.includes("require(") ? "commonjs" : "module";
        const { status, stderr } = spawnSync(process.execPath, ["--check", `--input-type=${inputType}`, "-"], {
          input: text,
          encoding: "utf8",
        });
        expect(status, stderr).to.equal(0);
      });
    }

    for (const { text, place } of blocksOf("json")) {
      it(`parses: ${place}`, () => {
        expect(() => JSON.parse(text)).not.to.throw();
      });
    }

    it("says what each block is, in a way that has it checked", () => {
      const unchecked = DOCUMENTS.flatMap(({ path, text }) =>
        codeBlocks(text)
          .filter(({ language }) => language === "" || UNCHECKED.has(language))
          .map(({ language, line }) => `${path} line ${line}: ${language || "no language"}`),
      );
      expect(unchecked).to.deep.equal([]);
    });
  });

  describe("name commands", () => {
    it("runs only scripts that package.json has", () => {
      const commands = blocksOf("sh").flatMap(({ text }) => [...text.matchAll(/\bnpm (run (?:-\S+ )*)?([\w:-]+)/g)]);
      const missing = commands
        .filter(([, run, name = ""]) => (run !== undefined || !["install", "ci"].includes(name)) && !isScript(name))
        .map(([command]) => command);
      expect(commands).not.to.have.length(0);
      expect(missing).to.deep.equal([]);
    });

    it("tells of no other script in the text", () => {
      const missing = DOCUMENTS.filter(({ path }) => path !== "CHANGELOG.md").flatMap(({ path, text }) =>
        codeIn(text.replace(/^```[\s\S]*?^```/gm, ""))
          .flatMap((code) => /^npm run (?:-\S+ )*([\w:-]+)/.exec(code)?.[1] ?? [])
          .filter((name) => !isScript(name))
          .map((name) => `${path}: ${name}`),
      );
      expect(missing).to.deep.equal([]);
    });

    it("calls the command line only if there is one", () => {
      const calls = blocksOf("sh").filter(({ text }) => text.includes("npx cognito-auth-session"));
      expect(PACKAGE.bin !== undefined || calls.length === 0, calls.map(({ place }) => place).join()).to.equal(true);
    });
  });

  describe("link", () => {
    for (const { path, text } of DOCUMENTS) {
      it(`to what is there: ${path}`, () => {
        const broken = links(text).filter(({ target }) => !/^https:\/\//.test(target) && !leadsSomewhere(path, target));
        expect(broken).to.deep.equal([]);
      });
    }

    it("to every page, from some other one", () => {
      const linked = new Set(
        DOCUMENTS.flatMap(({ path, text }) =>
          links(text).map(({ target }) => join(dirname(path), target.split("#")[0] ?? "")),
        ),
      );
      expect(DOCUMENTS.map(({ path }) => path).filter((path) => !linked.has(path))).to.deep.equal([]);
    });
  });
});

function isScript(name: string): boolean {
  return Object.hasOwn(PACKAGE.scripts, name);
}

/** A module that compiles only if tables name exactly the members of these types. */
function memberTables(): string {
  const table = (path: string, heading: string, type: string) => {
    const members = namesIn(path, heading).map((name) => `  ${name}: true,`);
    return [`export const of${heading} = {`, ...members, `} satisfies Record<${type}, true>;`, ""];
  };
  return [
    'import type { AuthError, AuthSession, AuthSessionOptions } from "cognito-auth-session";',
    ...table("docs/options.md", "Option", "keyof AuthSessionOptions"),
    ...table("README.md", "Member", "keyof AuthSession"),
    ...table("docs/errors.md", "Field", 'Exclude<keyof AuthError, "stack" | "toJSON">'),
  ].join("\n");
}
