import { expect } from "chai";
import { SessionManager } from "cognito-auth-session";
import { heapInUse } from "../support/heap.js";
import { badTokens } from "./bad-tokens.js";
import { Flood, type Tally } from "./flood.js";
import { TokenSource } from "./good-tokens.js";

const TOKEN_CACHE_SIZE = 5000;
const CREDENTIALS_CACHE_SIZE = 1000;
const GOOD_TOKENS = 200_000;
const USERS = 20_000;
const BATCH = 1000;
const BATCHES_PER_GOOD = 4;
const TIME_LIMIT_MS = 225_000;

/** Entries differ in size, and the garbage collector leaves what it likes. */
const ENTRY_MARGIN = 1.3;
const HEAP_MARGIN_BYTES = 4_000_000;
/** None is dearer: what is left is the noise of a busy machine, between a forged signature and a good one. */
const COST_MARGIN = 1.2;

describe("A flood of distinct tokens", () => {
  const source = new TokenSource();
  const deadlineMs = performance.now() + TIME_LIMIT_MS;
  let fetches = 0;
  let sessions: SessionManager;
  let forgetful: SessionManager;
  let fresh: readonly string[];
  let emptyBytes: number;
  let entryBytes: number;

  const parts = {
    fetchJson: async () => {
      fetches += 1;
      return source.keySet;
    },
  };
  const pool = { issuer: source.issuer, clientId: source.clientId };
  const boundBytes = () => emptyBytes + TOKEN_CACHE_SIZE * entryBytes * ENTRY_MARGIN + HEAP_MARGIN_BYTES;

  before("a full cache shows what an entry weighs, and tokens that come alone what one costs", async () => {
    const options = { ...pool, identityPoolId: null, tokenCacheSize: TOKEN_CACHE_SIZE };
    sessions = new SessionManager(options, parts);
    await rehearse();
    await new Flood(sessions, deadlineMs).pour(fresh.slice(0, 1));
    emptyBytes = await heapInUse();
    const flood = new Flood(sessions, deadlineMs);
    for (const batch of await collect(source.tokens(TOKEN_CACHE_SIZE))) await pourTwice(flood, batch);
    const good = flood.tally;
    entryBytes = ((await heapInUse()) - emptyBytes) / TOKEN_CACHE_SIZE;
    say(`a remembered token weighs ${Math.round(entryBytes)} bytes, a new one costs ${costOf(good)}`);
    say(`heap in use: ${megabytes(emptyBytes)} with an empty cache, at most ${megabytes(boundBytes())} may follow`);
    expect(good.answers).to.deep.equal({ ok: good.asked });
    expect(fetches).to.equal(1);
  });

  /** Code that runs for the first time is slow, and the memory that it takes is no entry's. */
  async function rehearse(): Promise<void> {
    // Room for one: tokens that come again in turn are new every time.
    forgetful = new SessionManager({ ...pool, identityPoolId: null, tokenCacheSize: 1 }, parts);
    fresh = (await collect(source.tokens(BATCH))).flat();
    for (let round = 0; round < 5; round += 1) await new Flood(forgetful, deadlineMs).pour(fresh);
    fetches = 0;
  }

  after(async () => {
    await source.close();
    await Promise.all([sessions.close(), forgetful.close()]);
  });

  /** Good tokens after the first bad batch and then after each fourth; else none. */
  const turnOf = (first: number) => ((first / BATCH) % BATCHES_PER_GOOD === 0 ? fresh : []);

  it("a million bad ones leave nothing behind, and none costs more than a good one", async () => {
    const startedMs = performance.now();
    const kinds = badTokens(fresh[0] ?? "", source.kid).map((kind) => ({
      ...kind,
      flood: new Flood(sessions, deadlineMs),
      // Asked with in between, so that what else the machine does slows both alike.
      good: new Flood(forgetful, deadlineMs),
    }));
    const heap: number[] = [];
    for (const half of [0, 1]) {
      for (const { count, make, flood, good } of kinds) {
        for (let first = (half * count) / 2; first < ((half + 1) * count) / 2; first += BATCH) {
          await flood.pour(Array.from({ length: BATCH }, (_, index) => make(first + index)));
          await good.pour(turnOf(first));
        }
      }
      heap.push(await heapInUse());
    }
    const seconds = (performance.now() - startedMs) / 1000;
    for (const { kind, flood, good } of kinds) {
      say(`${kind}: ${flood.tally.asked} refused, ${costOf(flood.tally)}; good ones in between ${costOf(good.tally)}`);
    }
    sayHeap(heap);

    expect(kinds.reduce((sum, { flood }) => sum + flood.tally.asked, 0)).to.equal(1_000_000);
    for (const { kind, count, code, flood, good } of kinds) {
      expect(flood.tally.answers, kind).to.deep.equal({ [code]: count });
      expect(good.tally.answers, kind).to.deep.equal({ ok: good.tally.asked });
      expect(flood.tally.microseconds, kind).to.be.below(good.tally.microseconds * COST_MARGIN);
    }
    // One fetch was made before; unknown keys may cause five at once, and one more in five seconds.
    expect(fetches).to.be.at.most(1 + 5 + Math.ceil(seconds / 5));
    expectBounded(heap, boundBytes());
  });

  it("200,000 good ones stay within the cache's size", async () => {
    const before = fetches;
    const startedMs = performance.now();
    const flood = new Flood(sessions, deadlineMs);
    const heap: number[] = [];
    for (const _half of [0, 1]) {
      for await (const batch of source.tokens(GOOD_TOKENS / 2)) await pourTwice(flood, batch);
      heap.push(await heapInUse());
    }
    const perSecond = Math.round(GOOD_TOKENS / ((performance.now() - startedMs) / 1000));
    say(
      `good: ${flood.tally.asked} served, ${costOf(flood.tally)} beside two signing threads, ${perSecond} each second`,
    );
    sayHeap(heap);
    expect(flood.tally.answers).to.deep.equal({ ok: 2 * GOOD_TOKENS });
    expect(fetches).to.equal(before);
    expectBounded(heap, boundBytes());
  });

  it("and 20,000 users' credentials stay within theirs", async () => {
    let exchanges = 0;
    const exchange = async () => {
      exchanges += 1;
      return {
        identityId: `eu-west-1:${exchanges}`,
        accessKeyId: `ASIA${exchanges}`,
        secretAccessKey: "s".repeat(40),
        sessionToken: `${exchanges}`.padEnd(1200, "t"),
        obtainedAtMs: Date.now(),
        expiresAtMs: Date.now() + 3_600_000,
      };
    };
    const options = { ...pool, identityPoolId: "eu-west-1:00000000-0000-4000-8000-000000000000", tokenCacheSize: 0 };
    const federating = new SessionManager(
      { ...options, credentialsCacheSize: CREDENTIALS_CACHE_SIZE },
      { ...parts, exchange },
    );
    const empty = await heapInUse();
    const flood = new Flood(federating, deadlineMs);
    const heap: number[] = [];
    for (const count of [CREDENTIALS_CACHE_SIZE, USERS / 2 - CREDENTIALS_CACHE_SIZE, USERS / 2]) {
      for await (const batch of source.tokens(count)) await flood.pour(batch);
      heap.push(await heapInUse());
    }
    const [full = 0, ...later] = heap;
    const userBytes = (full - empty) / CREDENTIALS_CACHE_SIZE;
    say(`${USERS} users: ${exchanges} exchanges, ${costOf(flood.tally)}, ${Math.round(userBytes)} bytes for one kept`);
    sayHeap(heap);
    expect(flood.tally.answers).to.deep.equal({ ok: USERS });
    expect(exchanges).to.equal(USERS);
    expect(federating.health().cachedCredentials).to.equal(CREDENTIALS_CACHE_SIZE);
    expectBounded(later, empty + CREDENTIALS_CACHE_SIZE * userBytes * ENTRY_MARGIN + HEAP_MARGIN_BYTES);
    await federating.close();
  });
});

/** The second sight is what a token is remembered at. */
async function pourTwice(flood: Flood, batch: readonly string[]): Promise<void> {
  await flood.pour(batch);
  await flood.pour(batch);
}

/** Within the bound, and twice the flood is no more. */
function expectBounded([first = Number.NaN, second = Number.NaN]: readonly number[], bound: number): void {
  expect(Math.max(first, second)).to.be.below(bound);
  expect(second - first).to.be.below(HEAP_MARGIN_BYTES);
}

async function collect(batches: AsyncIterable<readonly string[]>): Promise<(readonly string[])[]> {
  const all: (readonly string[])[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

function costOf({ microseconds }: Tally): string {
  return `${microseconds.toFixed(1)} µs each`;
}

function sayHeap(heap: readonly number[]): void {
  say(`heap in use: ${heap.map(megabytes).join(", then ")}`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function say(line: string): void {
  console.log(`      ${line}`);
}
