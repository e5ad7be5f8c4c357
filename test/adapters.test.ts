import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { LocalCognito } from "cognito-auth-session/testing";
import Fastify from "fastify";
import { CodeSamples, compiling } from "./support/code-samples.js";
import { expectRefusal } from "./support/expectations.js";
import { anchors, codeBlocks, links } from "./support/markdown.js";

const PATH = "docs/adapters.md";
const DOCUMENT = readFileSync(PATH, "utf8");
const FRAMEWORKS = readFileSync("docs/frameworks.md", "utf8");

describe(PATH, () => {
  const samples = new CodeSamples();
  // The page shows files of `src/http` and `test/matrix`; here they stand in a folder of `test`.
  const blocks = codeBlocks(DOCUMENT)
    .filter(({ language }) => language === "ts")
    .map((block) => ({
      ...block,
      text: block.text
        .replaceAll(/from "\.\.\/(errors|guards|session)\//g, 'from "../../src/$1/')
        .replaceAll('from "./problem.js"', 'from "../../src/http/problem.js"'),
    }));
  const paths = blocks.map((block) => samples.addBlock("adapters", block));
  const fixture = samples.add("koa-consumer.ts", readFileSync("test/fixtures/koa-consumer.ts", "utf8"));
  const complaintsOf = compiling(samples);

  it("shows TypeScript that compiles", () => {
    expect(paths).to.have.length(2);
    expect(complaintsOf(...paths)).to.equal("");
  });

  it("tells the truth of Koa and Fetch: their faces are typed for a strict consumer", () => {
    expect(complaintsOf(fixture)).to.equal("");
  });

  it("shows an adapter that works, with every guard", async () => {
    // The compiler has seen to its types; an import by URL has none.
    const adapter: typeof import("../src/http/koa.js") = await import(pathToFileURL(resolve(paths[0] ?? "")).href);
    const cognito = await LocalCognito.start();
    const app = Fastify();
    app.addHook("onRequest", adapter.authSession(cognito.options) as unknown as () => Promise<void>);
    app.setErrorHandler(adapter.authErrorHandler() as unknown as Parameters<typeof app.setErrorHandler>[0]);
    const onRequest = adapter.requireGroup("admin") as unknown as () => Promise<void>;
    app.get("/admin", { onRequest }, async () => ({ ok: true }));
    app.get("/broken", async () => {
      throw new Error("a fault of the application");
    });
    const ask = async (path: string, token?: string) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const { statusCode: status, headers: answered, body: text } = await app.inject({ url: path, headers });
      return { status, headers: answered as Record<string, string>, text, body: JSON.parse(text) as unknown };
    };
    const tokenOf = (username: string, ...groups: string[]) => cognito.signIn({ username, groups }).accessToken;
    expect(await ask("/admin", tokenOf("ada", "admin"))).to.deep.include({ status: 200, body: { ok: true } });
    expectRefusal(await ask("/admin", tokenOf("bob")), "insufficient_group");
    expectRefusal(await ask("/admin"), "missing_token");
    expect(await ask("/broken", tokenOf("bob"))).to.deep.include({ status: 500 });
    const names = Object.keys(await import("../src/http/koa.js"));
    expect(Object.keys(adapter).sort()).to.deep.equal(names.sort());
    await app.close();
    await cognito.stop();
  });

  it("has links that lead somewhere", () => {
    const broken = links(DOCUMENT).filter(({ target }) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? PATH : join(dirname(PATH), path);
      return !existsSync(file) || (anchor !== undefined && !anchors(readFileSync(file, "utf8")).has(anchor));
    });
    expect(broken).to.deep.equal([]);
  });

  it("fits on a page", () => {
    expect(DOCUMENT.split("\n").length).to.be.below(130);
  });
});

describe("docs/frameworks.md", () => {
  const section = /^## Koa$[\s\S]*?(?=^## CommonJS)/m.exec(FRAMEWORKS)?.[0] ?? "";

  it("shows each in under ten lines of code, imports aside", () => {
    const lengths = codeBlocks(section).map(
      ({ text }) => text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("import ")).length,
    );
    expect(lengths).to.have.length(6);
    expect(Math.max(...lengths), String(lengths)).to.be.below(10);
  });

  it("names an example for each", () => {
    const examples = links(section).map(({ target }) => target);
    const names = ["koa", "hono", "node-http", "lambda", "websocket", "fastify"];
    expect(examples).to.include.members(names.map((name) => `../examples/${name}.ts`));
  });
});
