import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { MetricData } from "@opentelemetry/sdk-metrics";
import { expect } from "chai";
import { type AuthDiagnostics, type AuthOperations, requireGroup, SessionManager } from "cognito-auth-session";
import { instrumentAuthSession } from "cognito-auth-session/otel";
import { LocalCognito } from "cognito-auth-session/testing";
import { ERROR_TABLE } from "../src/errors/table.js";
import { appWith, get, ok, TestClock } from "./support/app.js";
import { CodeSamples, compiling } from "./support/code-samples.js";
import { anchors, codeBlocks, codeIn, links, tables } from "./support/markdown.js";
import { seriesOf } from "./support/prometheus.js";
import { startRoutesApp } from "./support/routes-app.js";
import { Telemetry } from "./support/telemetry.js";
import { TestStore } from "./support/test-store.js";

const PATH = "docs/observability.md";
const DOCUMENT = readFileSync(PATH, "utf8");
const DASHBOARD = "examples/grafana-dashboard.json";

const rowsOf = (heading: string) =>
  tables(DOCUMENT)
    .filter(({ headers }) => headers[0] === heading)
    .flatMap(({ rows }) => rows);

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
}

describe(PATH, () => {
  let metrics: ReadonlyMap<string, MetricData>;
  /** Names of attributes, by the span's name. */
  const spans = new Map<string, Set<string>>();

  before(async () => {
    const telemetry = new Telemetry();
    const stop = await doEverything(telemetry);
    metrics = await telemetry.metrics();
    for (const { name, attributes } of telemetry.spans()) {
      spans.set(name, new Set([...(spans.get(name) ?? []), ...Object.keys(attributes)]));
    }
    await stop();
    await telemetry.shutdown();
  });

  describe("code", () => {
    const samples = new CodeSamples();
    const blocks = codeBlocks(DOCUMENT).filter(({ language }) => language === "ts");
    const paths = blocks.map((block) => samples.addBlock("observability", block));
    const options = samples.add("options.ts", optionsTable());
    const complaintsOf = compiling(samples);

    it("compiles", () => {
      expect(paths).to.have.length(3);
      expect(complaintsOf(...paths)).to.equal("");
    });

    it("is about every option, and no others", () => {
      expect(complaintsOf(options)).to.equal("");
    });
  });

  it("names every metric with its unit and all of its attributes", () => {
    const told = rowsOf("Metric").map(([name = "", , unit = "", attributes = ""]) => [
      codeIn(name)[0],
      codeIn(unit)[0],
      codeIn(attributes.replaceAll(/\([^)]*\)/g, "")).sort(),
    ]);
    const made = [...metrics.values()].map(({ descriptor, dataPoints }) => [
      descriptor.name,
      descriptor.unit,
      [...new Set(dataPoints.flatMap(({ attributes }) => Object.keys(attributes)))].sort(),
    ]);
    expect(told).to.have.deep.members(made);
  });

  it("names every span with its attributes", () => {
    const inAll = ["cognito_auth_session.outcome", "error.type"];
    const told = rowsOf("Span").map(([name = "", , attributes = ""]) => [
      codeIn(name)[0],
      [...codeIn(attributes), ...inAll].sort(),
    ]);
    expect(told).to.have.deep.members([...spans].map(([name, attributes]) => [name, [...attributes].sort()]));
  });

  it("names every channel", () => {
    const operations: Record<keyof AuthOperations, "tracing"> = {
      "cognito-auth-session:verify": "tracing",
      "cognito-auth-session:exchange": "tracing",
      "cognito-auth-session:refresh": "tracing",
      "cognito-auth-session:jwks": "tracing",
      "cognito-auth-session:store": "tracing",
    };
    const all: Record<keyof AuthDiagnostics, "tracing" | "plain"> = {
      ...operations,
      "cognito-auth-session:guard": "plain",
      "cognito-auth-session:request": "plain",
      "cognito-auth-session:eviction": "plain",
    };
    expect(rowsOf("Channel").map(([name = "", kind]) => [codeIn(name)[0], kind])).to.deep.equal(Object.entries(all));
  });

  it("has links that lead somewhere", () => {
    const broken = links(DOCUMENT).filter(({ target }) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? PATH : join(dirname(PATH), path);
      return !existsSync(file) || (anchor !== undefined && !anchors(readFileSync(file, "utf8")).has(anchor));
    });
    expect(broken).to.deep.equal([]);
  });

  describe(DASHBOARD, () => {
    const { panels }: { panels: readonly Panel[] } = JSON.parse(readFileSync(DASHBOARD, "utf8"));
    const targets = panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));

    it("asks for series that there are, by labels that they have", () => {
      const series = seriesOf(metrics.values());
      for (const { title, expr, legendFormat } of targets) {
        const names = [...expr.matchAll(/\b(cognito_auth_session_\w+)\{/g)].map(([, name = ""]) => name);
        expect(names, title).not.to.deep.equal([]);
        const labels = labelsIn(expr, legendFormat);
        for (const name of names) {
          expect([...series.keys()], title).to.include(name);
          expect(["job", ...(series.get(name)?.keys() ?? [])], `${title}: ${name}`).to.include.members(labels);
        }
      }
    });

    it("compares labels with values that they may have", () => {
      const values = new Set(
        [...seriesOf(metrics.values()).values()].flatMap((each) => [...each.values()]).flatMap((each) => [...each]),
      );
      for (const { title, expr } of targets) {
        for (const [, label, text = ""] of expr.matchAll(/(\w+)(?:=~|!=|=)"([^"]*)"/g)) {
          if (label === "job") continue;
          const known = label === "cognito_auth_session_outcome" ? ["ok", ...Object.keys(ERROR_TABLE)] : [...values];
          expect(known, title).to.include.members(text.split("|"));
        }
      }
    });

    it("takes what is answered with 500 and 503 for failures of ours", () => {
      const ours = Object.entries(ERROR_TABLE).filter(([, { status }]) => status >= 500);
      const asked = targets.flatMap(({ expr }) => /outcome=~"([^"]+)"/.exec(expr)?.[1]?.split("|") ?? []);
      expect(asked).to.have.members(ours.map(([code]) => code));
    });

    it("shows every metric", () => {
      const all = targets.map(({ expr }) => expr).join(" ");
      const missing = [...metrics.keys()].filter((name) => !all.includes(name.replaceAll(".", "_")));
      expect(missing).to.deep.equal([]);
    });

    it("has panels that do not lie upon each other", () => {
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_none, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
      );
      expect(new Set(cells).size).to.equal(cells.length);
      expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).to.equal(true);
    });
  });
});

/** Labels that an expression groups by or selects, and that a legend shows. */
function labelsIn(expr: string, legend: string): string[] {
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/, */));
  const selected = [...expr.matchAll(/(\w+)(?:=~|!=|=)"/g)].map(([, label = ""]) => label);
  const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
  return [...new Set([...grouped, ...selected, ...shown])];
}

/** The options in the table as an object that must have exactly the members of the type. */
function optionsTable(): string {
  const names = rowsOf("Option").flatMap(([cell = ""]) => codeIn(cell));
  return `import type { InstrumentationOptions } from "cognito-auth-session/otel";
export const options: Required<{ [K in keyof InstrumentationOptions]: true }> = { ${names.map((name) => `${name}: true`).join(", ")} };
`;
}

/**
 * Goes every way that is measured, in vain too.
 *
 * @returns ends it; until then there is something for gauges to look at
 */
async function doEverything({ tracerProvider, meterProvider }: Telemetry): Promise<() => Promise<void>> {
  const clock = new TestClock();
  const cognito = await LocalCognito.start({ clock: clock.read });
  const options = {
    ...cognito.options,
    store: new TestStore(),
    encryptionKeys: [randomBytes(32).toString("base64")],
    tokenCacheSize: 1,
    credentialsCacheSize: 1,
  };
  const sessions = new SessionManager(options, { clock: clock.read });
  const stop = instrumentAuthSession({ tracerProvider, meterProvider, sessions });
  const app = appWith(sessions, (routes) => routes.get("/admin", requireGroup("admin"), ok));
  const [ada, bob] = ["ada", "bob"].map((username) => cognito.signIn({ username }).idToken);
  cognito.fail("JWKS", { status: 500, times: 1 });
  await get(app, "/me", ada);
  for (const token of [ada, bob]) for (let call = 0; call < 10; call += 1) await get(app, "/admin", token);
  await get(app, "/me", "no-token");
  cognito.fail("GetId", { error: "TooManyRequestsException", times: 1 });
  await get(app, "/me", cognito.signIn({ username: "eve" }).idToken);
  options.store.health = "down";
  await get(app, "/me", cognito.signIn({ username: "mallory" }).idToken);
  const browser = await startRoutesApp({ cognito, clock: clock.read });
  const jar = await browser.signIn("ada");
  clock.advance({ minutes: 61 });
  await browser.ask("/me", { jar });
  cognito.fail("GetTokensFromRefreshToken", { error: "NotAuthorizedException", times: 1 });
  clock.advance({ minutes: 61 });
  await browser.ask("/me", { jar });
  await browser.close();
  return async () => {
    stop();
    await sessions.close();
    await cognito.stop();
  };
}
