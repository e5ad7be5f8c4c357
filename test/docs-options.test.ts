import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ConfigurationError } from "cognito-auth-session";
import { resolveConfig } from "../src/config/resolve.js";
import { checkOptions } from "../src/config/schema.js";
import { AMPLIFY_OUTPUTS, ENVIRONMENT_VARIABLES, fromAmplifyOutputs } from "../src/config/sources.js";
import { namesIn, rowsOf, textOf } from "./support/documents.js";
import { codeIn, tables } from "./support/markdown.js";

const PATH = "docs/options.md";
const SOURCES = { env: {}, folder: "no-such-folder" };
const POOL = { userPoolId: "eu-west-1_AbCdEfGhI", clientId: "1h57kf5cpq17m0eml12EXAMPLE" };

const optionTables = tables(textOf(PATH)).filter(({ headers }) => headers[0] === "Option");

/** What the tables say of each option under a heading. */
const columnOf = (heading: string) =>
  optionTables.flatMap(({ headers, rows }) =>
    rows.map((row) => ({ option: codeIn(row[0] ?? "")[0] ?? "", cell: row[headers.indexOf(heading)] ?? "" })),
  );

describe(PATH, () => {
  it("documents the options that the schema knows, each once", () => {
    const known = namesLookedFor((probe) => checkOptions(probe));
    expect(namesIn(PATH, "Option").sort()).to.deep.equal(known.sort());
  });

  it("documents first the options that a user pool has", () => {
    const known = namesLookedFor((probe) => checkOptions({ userPools: [probe] }));
    const [ofUserPool] = optionTables;
    expect(ofUserPool?.rows.flatMap(([cell = ""]) => codeIn(cell)[0]).sort()).to.deep.equal(known.sort());
  });

  it("says of each option what it takes and what it means", () => {
    for (const heading of ["Type", "Default", "Meaning"]) {
      expect(columnOf(heading).filter(({ cell }) => cell === "")).to.deep.equal([]);
    }
  });

  it("documents the defaults that hold", () => {
    const { userPools, poolByIssuer, clockToleranceSeconds, requestTimeoutMs, ...others } = resolveConfig(
      { userPoolId: "eu-west-1_AbCdEfGhI", clientId: null },
      SOURCES,
    );
    const { guestPool, store, encryptionKeys, cookies, refreshFlow, ...config } = others;
    const documented = columnOf("Default").flatMap(({ option, cell }) =>
      /^`("\S+"|\d+|true|false)`$/.test(cell) ? [[option, JSON.parse(codeIn(cell)[0] ?? "")]] : [],
    );
    expect(Object.fromEntries(documented)).to.deep.equal({
      ...config,
      clockTolerance: clockToleranceSeconds,
      requestTimeout: requestTimeoutMs,
      allowHttp: false,
      guest: guestPool !== undefined,
    });
  });

  it("documents the defaults that hold where another option is given", () => {
    const identityPoolId = "eu-west-1:1b2c3d4e-0000-4000-8000-000000000000";
    const options = { ...POOL, identityPoolId, cookies: "session", origin: "https://app.example.com" } as const;
    const { userPools, cookies } = resolveConfig(options, SOURCES);
    const documented = columnOf("Default").flatMap(({ option, cell }) =>
      /^\d/.test(cell) ? [[option, Number.parseInt(cell, 10)]] : [],
    );
    expect(Object.fromEntries(documented)).to.deep.equal({
      getIdRate: userPools[0]?.identityPool?.getIdRate,
      sessionIdleTimeout: (cookies?.idleMs ?? 0) / 1000,
      sessionLifetime: (cookies?.lifetimeMs ?? 0) / 1000,
    });
  });

  it("documents the range of every number", () => {
    const ranges = columnOf("Unit and range").flatMap(({ option, cell }) => {
      const [, least, most] = /(\d+) to (\d+)$/.exec(cell) ?? [];
      return least === undefined ? [] : [{ option, least: Number(least), most: Number(most) }];
    });
    const numbers = columnOf("Type").filter(({ cell }) => cell.startsWith("number"));
    expect(ranges.map(({ option }) => option)).to.have.members(numbers.map(({ option }) => option));
    for (const { option, least, most } of ranges) {
      for (const value of [least, most]) expect(() => checkOptions({ [option]: value }), option).not.to.throw();
      for (const value of [least - 1, most + 1]) {
        expect(() => checkOptions({ [option]: value }), `${option}: ${value}`).to.throw(ConfigurationError);
      }
    }
  });

  it("documents the variables that are read, twice alike", () => {
    const ofVariables = rowsOf(PATH, "Variable").map(([variable = "", option = ""]) => [
      codeIn(option)[0],
      codeIn(variable)[0],
    ]);
    const ofOptions = columnOf("Variable").flatMap(({ option, cell }) => codeIn(cell).map((name) => [option, name]));
    expect(Object.fromEntries(ofVariables)).to.deep.equal(ENVIRONMENT_VARIABLES);
    expect(Object.fromEntries(ofOptions)).to.deep.equal(ENVIRONMENT_VARIABLES);
  });

  it("documents the fields of amplify_outputs.json that are read", () => {
    const fields = rowsOf(PATH, "Variable").flatMap(([, option = "", field = ""]) =>
      codeIn(field).map((path) => ({ option: codeIn(option)[0] ?? "", field: path.replace(/^auth\./, "") })),
    );
    const values: Record<string, string> = {
      ...POOL,
      identityPoolId: "eu-west-1:1b2c3d4e-0000-4000-8000-000000000000",
    };
    const folder = mkdtempSync(join(tmpdir(), "options-"));
    const auth = Object.fromEntries(fields.map(({ option, field }) => [field, values[option]]));
    writeFileSync(join(folder, AMPLIFY_OUTPUTS), JSON.stringify({ auth }));
    const { values: read } = fromAmplifyOutputs(folder);
    rmSync(folder, { recursive: true });
    expect(read).to.deep.equal(values);
  });
});

/** The names of options that a check looks for: a probe that has none of them notes what it is asked for. */
function namesLookedFor(check: (probe: object) => void): string[] {
  const names = new Set<string>();
  const has = (_target: object, name: string | symbol) => {
    if (typeof name === "string") names.add(name);
    return false;
  };
  check(new Proxy({}, { has }));
  return [...names];
}
