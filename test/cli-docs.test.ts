import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { LocalCognito } from "cognito-auth-session/testing";
import { cli, environmentOf, start, textOf } from "./support/cli.js";
import { anchors, codeBlocks, codeIn, links, tables } from "./support/markdown.js";

const PATH = "docs/cli.md";
const DOCUMENT = readFileSync(PATH, "utf8");
const PROMPT = "$ npx cognito-auth-session ";

/** What differs from run to run, made equal. */
function shapeOf(output: string): string {
  return output
    .replace(/eyJ[\w.…-]+/g, "TOKEN")
    .replace(/(kid +)".*"/g, "$1KID")
    .replace(/eu-west-1_\w+/g, "POOL")
    .replace(/\b[0-9a-f]{6,}(?:-[0-9a-f]+)*\b/g, "HEX")
    .replace(/\d+ seconds? ago|\bin \d+ seconds?|\bnow\b/g, "MOMENTS")
    .replace(/\d+/g, "N")
    .trim();
}

describe(PATH, function () {
  this.timeout(60_000);
  let cognito: LocalCognito;
  before(async () => {
    cognito = await LocalCognito.start();
  });
  after(() => cognito.stop());

  const examples = codeBlocks(DOCUMENT)
    .filter(({ text }) => text.startsWith(PROMPT))
    .map(({ text, line }) => {
      const [command = "", ...output] = text.split("\n");
      return { command: command.slice(PROMPT.length), output: output.join("\n"), line };
    });

  it("shows every command at work", () => {
    const shown = examples.map(({ command }) => command.split(" ")[0]);
    expect([...new Set(shown)].sort()).to.deep.equal(["decode", "doctor", "local"]);
  });

  for (const { command, output, line } of examples) {
    it(`shows what is printed, line ${line}: ${command.slice(0, 50)}`, async () => {
      const [typed = "", file] = command.split(" < ");
      const args = typed.trim().split(" ");
      const { idToken, accessToken } = cognito.signIn({ username: "ada", groups: ["admin", "finance"] });
      const input = new Map([
        ["id-token.txt", idToken],
        ["access-token.txt", accessToken],
      ]).get(file ?? "");
      const printed = args[0] === "local" ? await runLocal(args) : (await run(args, input)).stdout;
      expect(shapeOf(printed)).to.equal(shapeOf(output));
    });
  }

  it("names every check", () => {
    const named = tables(DOCUMENT).flatMap(({ rows }) => rows.flatMap(([cell = ""]) => codeIn(cell)));
    const source = readFileSync("src/cli/doctor/check.ts", "utf8");
    const ids = [...source.matchAll(/^ +\| "([\w-]+)"/gm)].map(([, id]) => id);
    expect(ids).to.have.length(11);
    expect(named).to.deep.equal(["configuration", "issuer", "key-set", "user-pool", "clock", ...ids.slice(5)]);
    expect([...named].sort()).to.deep.equal([...ids].sort());
  });

  it("links to what there is", () => {
    for (const { target } of links(DOCUMENT)) {
      const [file = "", anchor = ""] = target.split("#");
      const text = file === "" ? DOCUMENT : readFileSync(new URL(`../docs/${file}`, import.meta.url), "utf8");
      if (anchor !== "") expect(anchors(text), target).to.include(anchor);
    }
  });

  const run = (args: readonly string[], input: string | undefined) =>
    cli(args, { input: input ?? "", env: environmentOf(cognito.options) });
});

async function runLocal(args: readonly string[]): Promise<string> {
  const child = start(args);
  const printed = textOf(child.stdout);
  while (!printed().includes("Ctrl-C")) if (child.stdout) await once(child.stdout, "data");
  child.kill("SIGTERM");
  await once(child, "close");
  return printed().replace("\nStopped.\n", "");
}
