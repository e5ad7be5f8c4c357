import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { AuthError, type AuthErrorCode, type AuthSessionOptions } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import type { Express } from "express";
import { ERROR_TABLE, type ErrorRow } from "../src/errors/table.js";
import { problemOf } from "../src/http/problem.js";
import { get } from "./support/app.js";
import { CodeSamples } from "./support/code-samples.js";
import { blocksOf, rowsOf, textOf } from "./support/documents.js";
import { anchors, codeIn } from "./support/markdown.js";

const PATH = "docs/errors.md";
const codes = Object.keys(ERROR_TABLE) as AuthErrorCode[];

/** What stands under the heading of each code. */
const sections = new Map(
  textOf(PATH)
    .split(/^### /m)
    .slice(1)
    .map((section) => [codeIn(section.split("\n", 1)[0] ?? "")[0] ?? "", section]),
);

describe(PATH, () => {
  it("has the package's table, row for row", () => {
    const own = Object.entries<ErrorRow>(ERROR_TABLE).map(([code, { names, status, challenge, when }]) => [
      `[\`${code}\`](#${code})`,
      names.join(", "),
      status === 503 ? "503 + Retry-After" : String(status),
      challenge === "bare" ? "none (bare challenge)" : (challenge ?? "none"),
      when,
    ]);
    expect(rowsOf(PATH, "code")).to.deep.equal(own);
  });

  it("says in its table what the errors answer with", () => {
    for (const [cell = "", , status, challenge] of rowsOf(PATH, "code")) {
      // The row was compared with the table above, so its code is one.
      const { headers, ...error } = new AuthError(codeIn(cell)[0] as AuthErrorCode);
      const answer = headers["WWW-Authenticate"];
      expect(`${error.status}${"Retry-After" in headers ? " + Retry-After" : ""}`).to.equal(status);
      const shown = answer === undefined ? "none" : (/error="(\w+)"/.exec(answer)?.[1] ?? "none (bare challenge)");
      expect(shown, cell).to.equal(challenge);
    }
  });

  it("has a heading for every code, in order, and no other", () => {
    expect([...sections.keys()]).to.deep.equal(codes);
    expect([...anchors(textOf(PATH))]).to.include.members(codes);
  });

  for (const code of codes) {
    it(`shows what ${code} answers with, why, and what to do about it`, () => {
      const section = sections.get(code) ?? "";
      const { status, headers, message } = new AuthError(code);
      expect(section).to.contain(`- **Status:** ${status}\n`);
      expect(section).to.contain(`- **Message:** ${message}\n`);
      const header = /^- \*\*Header:\*\* (.*)$/m.exec(section)?.[1] ?? "";
      const [name, value] = Object.entries(headers)[0] ?? [];
      if (name === undefined) expect(header).to.equal("none");
      else expect(codeIn(header)).to.deep.equal([`${name}: ${value}`]);
      for (const part of ["Why", "Fix", "Client"])
        expect(section).to.match(new RegExp(`^\\*\\*${part}\\.\\*\\* \\S`, "m"));
    });
  }

  it("tells what to do about every status", () => {
    const statuses = new Set(codes.map((code) => String(ERROR_TABLE[code].status)));
    expect(rowsOf(PATH, "Status").map(([status]) => status)).to.have.members([...statuses]);
  });

  it("shows a body that is really sent", () => {
    const shown = blocksOf("json").map(({ text }): unknown => JSON.parse(text));
    expect(shown).to.deep.include(JSON.parse(problemOf(new AuthError("insufficient_group")).body));
  });

  describe("shows an error handler that", () => {
    const samples = new CodeSamples();
    const block = blocksOf("ts").find(({ text }) => text.startsWith("// errors.ts"));
    const path = block === undefined ? "" : samples.addBlock("errors", block);
    let cognito: LocalCognito;
    let app: Express;
    const logged: unknown[][] = [];
    const { error: log } = console;

    before(async () => {
      samples.write();
      const recipe = await import(pathToFileURL(resolve(path)).href);
      // docs.test.ts has seen to the recipe's types; an import by URL has none.
      const { createApp } = recipe as { createApp(options: AuthSessionOptions): Express };
      cognito = await LocalCognito.start();
      app = createApp(cognito.options);
      console.error = (...texts) => void logged.push(texts);
    });
    after(async () => {
      console.error = log;
      await cognito.stop();
      samples.remove();
    });

    it("answers an expired token in its own words, with the error's headers", async () => {
      const expired = cognito.signToken({ tokenUse: "access", claims: { exp: 1 } });
      const { status, headers, body } = await get(app, "/me", expired);
      expect(status).to.equal(401);
      expect(headers["www-authenticate"]).to.contain('error="invalid_token"');
      expect(body).to.deep.equal({ action: "refresh the tokens" });
    });

    it("logs what a refusal means, and leaves the answer to authErrorHandler()", async () => {
      cognito.fail("GetId", { error: "NotAuthorizedException", times: 1 });
      const { status, body } = await get(app, "/me", cognito.signIn({ username: "ada" }).idToken);
      expect(status).to.equal(403);
      expect(body).to.include({ code: "credentials_denied", name: "NotAuthorizedException" });
      // Node's own warnings come to console.error as well.
      const [suggestion, cause] = logged.find((texts) => texts.length === 2) ?? [];
      expect(suggestion).to.match(/identity pool/);
      expect(cause).to.include({ operation: "GetId", name: "NotAuthorizedException" });
    });

    it("lets others pass", async () => {
      const { status, body } = await get(app, "/me", cognito.signIn({ username: "ada" }).idToken);
      expect(status).to.equal(200);
      expect(body).to.deep.equal({ username: "ada" });
    });
  });
});
