import { expect } from "chai";
import { heapInUse } from "../support/heap.js";
import type { Answer } from "./callers.js";
import { type ChaosFault, FAULTS } from "./faults.js";
import { type Caller, Load, type Phase } from "./load.js";
import { promised } from "./promise.js";
import { HEADINGS, lineOf } from "./report.js";
import { activeResources, leftOver, ProcessEvents } from "./residue.js";
import { Backstage, REQUEST_TIMEOUT_MS, Stage } from "./stage.js";
import type { Operation } from "./upstream.js";

/** What a busy machine may add to an answer. */
const MARGIN_MS = 700;
/** The services remember each of some thousand users, and compiled code is memory too. */
const HEAP_MARGIN_BYTES = 8_000_000;

describe("While an upstream call fails", function () {
  this.slow(5000);
  const events = new ProcessEvents();
  const lines: string[] = [];
  const stages = new Set<Stage>();
  let backstage: Backstage;
  let resources: Record<string, number>;
  let heap: number;

  before(async () => {
    events.start();
    resources = await activeResources();
    backstage = await Backstage.open();
    // Loads the SDK, compiles, and opens what stays open, so that what comes after shows only leaks.
    const [first] = FAULTS;
    if (first !== undefined) for (const phase of ["cold", "warm"] as const) await play(first, "GetId", phase);
    for (const stage of stages) await stage.close();
    heap = await heapInUse();
  });
  after(() => {
    events.stop();
    console.log([...HEADINGS, ...lines].map((line) => `    ${line}`).join("\n"));
  });

  afterEach(async () => {
    for (const operation of ["JWKS", "GetId", "GetCredentialsForIdentity"])
      backstage.cognito.fail(operation, { times: 0 });
    for (const stage of stages) await stage.close();
    stages.clear();
  });

  for (const fault of FAULTS) {
    for (const operation of fault.operations) {
      for (const phase of ["cold", "warm"] as const) {
        it(`${operation} ${fault.name}, ${phase}: everybody sees what the error table says, and it passes`, async () => {
          const { during, afterwards } = await play(fault, operation, phase);
          lines.push(lineOf(operation, fault.name, phase, during));
          for (const answer of during) expectPromised(answer, fault, operation, phase);
          expect(afterwards.map(({ status }) => status)).to.deep.equal(afterwards.map(() => 200));
        });
      }
    }
  }

  it("keys that stay away for a minute are an outage to a token of an unknown key, never a 401", async () => {
    const stage = await open();
    expect(await stage.callers.ask("new", backstage.token("access", "a"))).to.include({ status: 200 });
    backstage.cognito.fail("JWKS", { status: 503 });
    const seen: string[] = [];
    for (let step = 0; step < 240; step += 1) {
      backstage.clock.advance({ seconds: 0.25 });
      const { status, code } = await stage.callers.ask("new", backstage.token("access", "a", "a-key-of-tomorrow"));
      seen.push(`${status} ${code}`);
    }
    expect([...new Set(seen)]).to.deep.equal(["503 jwks_unavailable"]);
  });

  describe("and nobody waits for it:", () => {
    for (const [operation, use] of [
      ["JWKS", "access"],
      ["GetId", "id"],
      ["GetCredentialsForIdentity", "id"],
    ] as const) {
      const hang = async (stage: Stage, name: string) => {
        const tokens = Array.from({ length: 40 }, (_, user) => backstage.token(use, `${name}-${operation}-${user}`));
        backstage.cognito.fail(operation, { delay: Number.POSITIVE_INFINITY });
        await Promise.all(tokens.map((token) => stage.callers.hangUp(token, REQUEST_TIMEOUT_MS / 2)));
        return tokens;
      };
      const underWay = () => backstage.keys.underWay + backstage.identityPool.underWay;

      it(`clients that hang up while ${operation} hangs leave nothing behind`, async () => {
        const base = await activeResources();
        const stage = await open();
        const tokens = await hang(stage, "client");
        expect(underWay()).to.be.at.least(1);
        // By then every deadline is over; a busy machine may be late to notice.
        for (let wait = 0; wait < 20 && underWay() > 0; wait += 1) {
          await new Promise((resolve) => setTimeout(resolve, REQUEST_TIMEOUT_MS / 3));
        }
        expect(underWay()).to.equal(0);
        backstage.cognito.fail(operation, { times: 0 });
        const answers = await Promise.all(tokens.map((token) => stage.callers.ask("new", token)));
        expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]));
        await stage.close();
        expect(await leftOver(base)).to.deep.equal([]);
      });

      it(`an app that closes while ${operation} hangs leaves nothing behind`, async () => {
        const base = await activeResources();
        const stage = await open();
        await hang(stage, "app");
        await stage.close();
        expect(await leftOver(base)).to.deep.equal([]);
        expect(underWay()).to.equal(0);
      });
    }
  });

  describe("and when all is over:", () => {
    it("nothing is left: no socket, no timer, no memory, no error that nobody caught", async () => {
      const grown = (await heapInUse()) - heap;
      await backstage.close();
      expect(await leftOver(resources)).to.deep.equal([]);
      expect(events.seen).to.deep.equal([]);
      console.log(`    heap: ${(heap / 1e6).toFixed(1)} MB at first, ${(grown / 1e6).toFixed(1)} MB more at the end`);
      expect(grown).to.be.below(HEAP_MARGIN_BYTES);
    });
  });

  async function open(): Promise<Stage> {
    const stage = await Stage.open(backstage);
    stages.add(stage);
    return stage;
  }

  async function play(fault: ChaosFault, operation: Operation, phase: Phase) {
    const stage = await open();
    const load = new Load(backstage, stage, `${operation}-${fault.name}-${phase}-${backstage.clock.nowMs}`);
    if (phase === "warm") await load.warmUp();
    await backstage.begin(fault, operation);
    const during = await load.run().finally(() => backstage.end(fault, operation));
    const retryAfter = during.map((answer) => Number(answer.retryAfter ?? 1));
    backstage.clock.advance({ seconds: Math.max(...retryAfter) });
    return { during, afterwards: await load.again() };
  }
});

function expectPromised(answer: Answer, fault: ChaosFault, operation: Operation, phase: Phase): void {
  const { status, code } = promised(fault, operation, phase, answer.caller as Caller);
  expect(answer, `${answer.caller}, ${Math.round(answer.ms)} ms`).to.deep.include({ status, code });
  expect(answer.ms, answer.caller).to.be.below(REQUEST_TIMEOUT_MS + MARGIN_MS);
  if (status === 503) expect(answer.retryAfter).to.match(/^[1-9]\d*$/);
  else expect(answer.retryAfter).to.equal(undefined);
  if (code?.startsWith("credentials_") && fault.exception !== undefined) expect(answer.name).to.equal(fault.exception);
}
