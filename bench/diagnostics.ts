import { spawnSync } from "node:child_process";
import { subscribe, tracingChannel } from "node:diagnostics_channel";
import { metrics, trace } from "@opentelemetry/api";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { requireAuth, SessionManager } from "cognito-auth-session";
import { instrumentAuthSession } from "cognito-auth-session/otel";
import { LocalCognito } from "cognito-auth-session/testing";
import { guardDecisions, requestOutcomes, verifications } from "../src/diagnostics/channels.js";
import { markdownTable } from "./markdown-table.js";
import { middlewareOf, requestWith } from "./micro/middleware.js";
import { median, quartilesOf } from "./statistics.js";

/**
 * `npm run bench:diagnostics`: what a hot request costs with nobody listening, with plain subscribers, and with
 * OpenTelemetry. Each in processes of its own, by turns: a channel that had subscribers once is not what it was.
 */
const ROUNDS = 9;
const BATCHES = 300;
const WARM_UP_BATCHES = 60;
const BATCH = 500;
const MEMORY_CALLS = 2000;

const WAYS = {
  "nobody listens": () => {},
  "plain subscribers": () => {
    const listen = () => {};
    const { start, end } = tracingChannel("cognito-auth-session:verify");
    start.subscribe(listen);
    end.subscribe(listen);
    for (const name of ["request", "guard"]) subscribe(`cognito-auth-session:${name}`, listen);
  },
  OpenTelemetry: () => {
    trace.setGlobalTracerProvider(new BasicTracerProvider());
    metrics.setGlobalMeterProvider(new MeterProvider());
    instrumentAuthSession();
  },
} satisfies Record<string, () => void>;
const names = Object.keys(WAYS) as (keyof typeof WAYS)[];

/** What one process measured. */
interface Measured {
  readonly microseconds: number;
  readonly bytes: number;
  readonly checksNanoseconds: number;
}

const [way] = process.argv.slice(2);
const chosen = names.find((name) => name === way);
if (chosen === undefined) report();
else console.log(JSON.stringify(await measure(chosen)));

function report(): void {
  const measured = new Map<string, Measured[]>(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) for (const name of names) measured.get(name)?.push(inProcess(name));
  const rows = names.map((name) => {
    const rounds = measured.get(name) ?? [];
    const { low, median: middle, high } = quartilesOf(rounds.map(({ microseconds }) => microseconds));
    const bytes = median(rounds.map((each) => each.bytes));
    return [name, middle.toFixed(2), `${low.toFixed(2)} to ${high.toFixed(2)}`, bytes.toFixed(0)];
  });
  console.log(markdownTable(["Hot request and guard", "µs", "quartiles", "bytes allocated"], rows));
  const checks = median((measured.get("nobody listens") ?? []).map((each) => each.checksNanoseconds));
  console.log(`\nThe three questions whether anybody listens take ${checks.toFixed(1)} ns of it, together.`);
}

function inProcess(name: string): Measured {
  const args = ["--expose-gc", "--import", "tsx", "bench/diagnostics.ts", name];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  // What this program prints for itself.
  return JSON.parse(stdout) as Measured;
}

async function measure(name: keyof typeof WAYS): Promise<Measured> {
  const cognito = await LocalCognito.start();
  const sessions = new SessionManager({ ...cognito.options, identityPoolId: null });
  await sessions.warmUp();
  const token = cognito.signIn({ username: "ada" }).accessToken;
  await cognito.stop();
  WAYS[name]();
  const middleware = middlewareOf(sessions, 200);
  const guard = requireAuth();
  const call = (request: ReturnType<typeof requestWith>) => {
    if (middleware(request) !== undefined) throw new Error("A hot request had to wait.");
    // Only what the guard touches is there.
    guard(request as never, undefined as never, fail);
  };
  const samples: number[] = [];
  for (let batch = -WARM_UP_BATCHES; batch < BATCHES; batch += 1) {
    const requests = Array.from({ length: BATCH }, () => requestWith(token));
    const startedAt = performance.now();
    for (const request of requests) call(request);
    if (batch >= 0) samples.push(((performance.now() - startedAt) / BATCH) * 1000);
  }
  return { microseconds: median(samples), bytes: bytesOf(call, token), checksNanoseconds: checks() };
}

/** Allocated by a request, beside the request itself. Few enough that nothing is collected meanwhile. */
function bytesOf(call: (request: ReturnType<typeof requestWith>) => void, token: string): number {
  const requests = Array.from({ length: MEMORY_CALLS }, () => requestWith(token));
  const samples: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    const fresh = requests.map(({ headers, rawHeaders }) => ({ method: "GET", headers, rawHeaders }));
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (const request of fresh) call(request);
    samples.push((process.memoryUsage().heapUsed - before) / fresh.length);
  }
  return median(samples);
}

/** Nanoseconds of what a hot request asks on its way. */
function checks(): number {
  const times = 10_000_000;
  let listening = 0;
  const startedAt = performance.now();
  for (let time = 0; time < times; time += 1) {
    if (verifications.isWatched) listening += 1;
    if (requestOutcomes.isWatched) listening += 1;
    if (guardDecisions.isWatched) listening += 1;
  }
  const took = performance.now() - startedAt;
  return listening > 0 ? Number.NaN : (took / times) * 1e6;
}

function fail(error?: unknown): void {
  if (error !== undefined) throw new Error("The guard refused.");
}
