import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import type { Parameters, Way } from "../../bench/simulation/parameters.js";
import { type Run, runScenarios, scenarioTable } from "../../bench/simulation/report.js";
import { type Result, simulate } from "../../bench/simulation/simulation.js";
import { CodeSamples, compiling } from "../support/code-samples.js";
import { anchors, codeBlocks, links, tables } from "../support/markdown.js";

const PATH = "docs/scaling.md";
const DOCUMENT = readFileSync(PATH, "utf8");
const PACKAGE: { scripts: Record<string, string> } = JSON.parse(readFileSync("package.json", "utf8"));

const HOUR = 3600;
/** Small, whole, and with more quota than anybody uses: what is counted is what is wanted. */
const UNLIMITED: Partial<Parameters> = {
  sample: 1,
  users: 20_000,
  processes: 4,
  cacheSize: 20_000,
  getIdRate: 100_000,
  getIdQuota: 100_000,
  assumedGetCredentialsQuota: 100_000,
  to: 12 * HOUR,
};
const callsOf = ({ getId, getCredentials }: Result) => ({
  getId: getId.total,
  getCredentials: getCredentials.total,
});
const tableOf = (...headers: string[]) =>
  tables(DOCUMENT).find((table) => headers.every((header, column) => table.headers[column] === header));

describe("The capacity model", () => {
  describe("of a million users", function () {
    this.timeout(180_000);
    let runs: Run[];

    before(() => {
      runs = runScenarios();
    });

    const resultsOf = (way: Way, scenario?: string) =>
      runs
        .filter((run) => run.way === way && (scenario === undefined || run.scenario === scenario))
        .map(({ result }) => result);

    it("is in docs/scaling.md as `npm run simulate` prints it", () => {
      const [printed] = tables(scenarioTable(runs));
      expect(tableOf("Scenario", "Way")).to.deep.equal(printed);
    });

    it("calls GetId with the store for users whose identity id it does not have, and for nobody else", () => {
      const kept = [...resultsOf("shared store", "Steady day"), ...resultsOf("shared store", "Fleet restart at peak")];
      expect(kept).to.have.length(4);
      for (const result of kept) expect(result.getId.total).to.equal(result.unknownUsers);
    });

    it("refuses nobody with the store on a steady day, nor at the peak once the quotas are raised", () => {
      for (const scenario of ["Steady day", "Sign-in peak, quotas raised", "Fleet restart at peak"]) {
        const results = resultsOf("shared store", scenario);
        expect(results).to.have.length(2);
        for (const { refused } of results) expect(refused.total, scenario).to.equal(0);
      }
    });

    it("stays under the GetId quota while the store is there", () => {
      for (const { getId, parameters } of resultsOf("shared store")) {
        if (parameters.storeAwayAt < 0) expect(getId.minutesAbove(parameters.getIdQuota)).to.equal(0);
      }
    });

    it("makes no more calls with the store when the fleet restarts", () => {
      const calls = (scenario: string) => resultsOf("shared store", scenario).map(callsOf);
      expect(calls("Fleet restart at peak")).to.deep.equal(calls("Sign-in peak, quotas raised"));
    });

    it("makes as many calls with the store by 40 processes as by 4", () => {
      for (const scenario of ["Steady day", "Sign-in peak", "Fleet restart at peak"]) {
        const [few, many] = resultsOf("shared store", scenario).map(callsOf);
        expect(few).to.deep.equal(many);
      }
    });
  });

  describe("where quotas do not count", () => {
    for (const [name, changes] of [
      ["a day", {}],
      ["a day with small memories", { cacheSize: 500 }],
      ["a restart", { restartAt: 9 * HOUR }],
      ["sticky sessions", { stickiness: 0.9 }],
    ] as [string, Partial<Parameters>][]) {
      it(`never makes more calls with the store than without, nor than the naive way: ${name}`, () => {
        const [naive, alone, shared] = (["naive", "per process", "shared store"] as const).map((way) =>
          callsOf(simulate(way, { ...UNLIMITED, ...changes })),
        );
        for (const operation of ["getId", "getCredentials"] as const) {
          expect(shared?.[operation]).to.be.at.most(alone?.[operation] ?? 0);
          expect(alone?.[operation]).to.be.below(naive?.[operation] ?? 0);
        }
      });
    }

    it("fetches the credentials of a user who stays once in 54 to 55 minutes", () => {
      const stay = { users: 500, rushUsers: 500, rushAt: 0, sessionSeconds: 1e9, to: 24 * HOUR };
      const { getCredentials } = simulate("shared store", { ...UNLIMITED, ...stay, gapSeconds: 10 });
      const times = getCredentials.total / 500;
      expect((24 * 60) / times).to.be.within(53, 55.5);
    });

    it("gives the same figures for the same seed, and others for another", () => {
      const run = (seed: number) => callsOf(simulate("per process", { ...UNLIMITED, seed }));
      expect(run(7)).to.deep.equal(run(7));
      expect(run(7)).not.to.deep.equal(run(8));
    });
  });

  describe("where everybody is new", () => {
    const crowd = { ...UNLIMITED, rushUsers: 20_000, newShare: 1, getIdQuota: 25, getIdRate: 20, from: 8 * HOUR };
    const wait = { ...crowd, countedFrom: 9 * HOUR, sessionSeconds: 1e9, to: 10 * HOUR };

    it("holds GetId to `getIdRate`, and says when to come back", () => {
      const { getId, refused, longestRetryAfter } = simulate("shared store", wait);
      expect(getId.peak).to.be.within(19, 21);
      expect(refused.total).to.be.above(0);
      expect(longestRetryAfter).to.equal(3);
    });

    it("lets them in in the time that the page's formula gives", () => {
      const { getId } = simulate("shared store", wait);
      const minutes = 20_000 / 20 / 60;
      expect(getId.total).to.equal(20_000);
      expect(getId.minutesAbove(10)).to.be.within(minutes - 2, minutes + 6);
    });

    it("makes more calls than the quota without a store, as each process keeps to the rate by itself", () => {
      const { getId } = simulate("per process", wait);
      expect(getId.peak).to.be.above(25);
    });
  });
});

describe(PATH, () => {
  const samples = new CodeSamples();
  const blocks = codeBlocks(DOCUMENT);
  const paths = blocks.filter(({ language }) => language === "ts").map((block) => samples.addBlock("scaling", block));
  const complaintsOf = compiling(samples);

  it("shows TypeScript that compiles", () => {
    expect(paths).not.to.have.length(0);
    expect(complaintsOf(...paths)).to.equal("");
  });

  it("runs only scripts that package.json has", () => {
    const shell = blocks.filter(({ language }) => language === "sh").map(({ text }) => text);
    const scripts = [...shell.join("\n").matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = ""]) => name);
    expect(scripts).to.include.members(["simulate", "bench:credentials"]);
    expect(scripts.filter((name) => !Object.hasOwn(PACKAGE.scripts, name))).to.deep.equal([]);
  });

  it("has links that lead somewhere", () => {
    const broken = links(DOCUMENT).filter(({ target }) => {
      if (target.startsWith("https://")) return false;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? PATH : join(dirname(PATH), path);
      return !existsSync(file) || (anchor !== undefined && !anchors(readFileSync(file, "utf8")).has(anchor));
    });
    expect(broken).to.deep.equal([]);
  });

  it("has the figures of its plot in its table", () => {
    const description = /<desc[^>]*>([^<]*)<\/desc>/.exec(readFileSync("docs/credentials-bench.svg", "utf8"))?.[1];
    const sentences = tableOf("Way", "Processes", "GetId")?.rows.map(
      ([way, processes, getId, getCredentials]) =>
        `${way}, ${processes} process(es): ${getId} GetId and ${getCredentials} GetCredentialsForIdentity.`,
    );
    expect(sentences?.join(" ")).to.equal(description);
  });
});
