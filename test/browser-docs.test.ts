import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import type { SessionEvent } from "cognito-auth-session";
import type TestAgent from "supertest/lib/agent.js";
import { CodeSamples, compiling } from "./support/code-samples.js";
import { anchors, codeBlocks, codeIn, links, tables } from "./support/markdown.js";

const PATH = "docs/browser-sessions.md";
const DOCUMENT = readFileSync(PATH, "utf8");

const firstCells = (heading: string) =>
  tables(DOCUMENT)
    .filter(({ headers }) => headers[0] === heading)
    .flatMap(({ rows }) => rows.flatMap(([cell = ""]) => codeIn(cell)));

describe(PATH, () => {
  const samples = new CodeSamples();
  const paths = codeBlocks(DOCUMENT)
    .filter(({ language }) => language === "ts")
    .map((block) => samples.addBlock("browser-sessions", block));
  const types = samples.add("tables.ts", memberTables());
  const complaintsOf = compiling(samples);

  it("shows TypeScript that compiles", () => {
    expect(paths).to.have.length(8);
    expect(complaintsOf(...paths)).to.equal("");
  });

  it("shows how to sign in without a browser", async () => {
    const shown: { signedIn(name: string): Promise<TestAgent>; stop(): Promise<void> } = await import(
      pathToFileURL(resolve(paths.find((path) => path.endsWith("signed-in.ts")) ?? "")).href
    );
    const agent = await shown.signedIn("ada");
    const { body } = await agent.get("/auth/session").expect(200);
    expect(body).to.include({ isAuthenticated: true, username: "ada" });
    await shown.stop();
  });

  it("names every option of the routes and every member of the hook, and no others", () => {
    expect(complaintsOf(types)).to.equal("");
  });

  it("names every event", () => {
    const events: Record<SessionEvent["type"], true> = {
      signedIn: true,
      signIn_failure: true,
      tokenRefresh: true,
      tokenRefresh_failure: true,
      credentialsRefresh: true,
      signedOut: true,
      sessionRevoked: true,
    };
    expect(firstCells("`type`")).to.deep.equal(Object.keys(events));
  });

  it("has links that lead somewhere", () => {
    const broken = links(DOCUMENT).filter(({ target }) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? PATH : join(dirname(PATH), path);
      return !existsSync(file) || (anchor !== undefined && !anchors(readFileSync(file, "utf8")).has(anchor));
    });
    expect(broken).to.deep.equal([]);
  });
});

/** The names in the tables as objects that must have exactly the members of the types. */
function memberTables(): string {
  const object = (names: readonly string[]) =>
    `{ ${names.map((name) => `${JSON.stringify(name.replace(/\(.*$/, ""))}: true`).join(", ")} }`;
  return `import type { AuthRoutesOptions } from "cognito-auth-session/routes";
import type { UseAuthSession } from "cognito-auth-session/react";
type Names<T> = Required<{ [K in keyof T]: true }>;
export const options: Names<AuthRoutesOptions> = ${object(firstCells("Routes option"))};
export const hook: Names<UseAuthSession> = ${object(firstCells("Member"))};
`;
}
