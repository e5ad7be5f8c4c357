import { setTimeout as pause } from "node:timers/promises";
import type { Order, Outcome } from "../load/messages.js";
import type { Scale } from "../scale.js";
import type { Stage } from "../stage.js";
import { authenticates, isStudy, type VariantName } from "../variants.js";
import type { Load } from "./load.js";
import { Server } from "./server.js";
import { streamFor, type Traffic, unseen } from "./traffic.js";

const WARM_UP_LIMIT_MS = 60_000;
/** Share of the warm-up that comes after the rest. */
const AFTER_REST = 0.5;

const CONNECTIONS = 32;

/** A server that will be needed, and what for. */
export interface Need {
  readonly name: VariantName;
  readonly traffic: Traffic;
}

/** What an arena works with. */
export interface ArenaParts {
  readonly load: Load;
  readonly stagePath: string;
  readonly stage: Stage;
  readonly scale: Scale;
  /** Whether one process of a variant gets all traffic. What was cached of one kind of traffic would change the next. */
  readonly oneProcess?: boolean;
  /** Where servers leave CPU profiles. */
  readonly profiles?: string | undefined;
}

/** One slice's load, without what the arena knows itself. */
export type Slice = Pick<Order, "connections" | "milliseconds"> &
  Partial<Pick<Order, "requests" | "rate" | "seed" | "sleeps">>;

/** What came of a slice. */
export interface ServedSlice extends Outcome {
  /** What a request took of the server's core, in microseconds. Steadier than time, as nothing else runs in it. */
  readonly cpuMicroseconds: number;
  /** Share of the time that the server worked. Well below 1 the load was the slower side, and it is the load that was measured. */
  readonly busy: number;
}

/** The servers of one workload: started when they are needed, warmed up, and all under the same rules. */
export class Arena {
  readonly #parts: ArenaParts;
  readonly #servers = new Map<string, Server>();
  /** Of slices with new tokens: how many the last one took. */
  readonly #appetites = new Map<string, number>();

  constructor(parts: ArenaParts) {
    this.#parts = parts;
  }

  /**
   * Starts servers and warms them up; and again after a rest, when the youngest is some seconds old. What a process opened
   * when it started is closed by then (the connection that its keys came by), which costs it compiled code once.
   */
  async open(needs: readonly Need[]): Promise<void> {
    const opened: [Server, Traffic][] = [];
    for (const { name, traffic } of needs) {
      const key = this.#keyOf(name, traffic);
      if (!this.#servers.has(key)) opened.push([await this.#start(key, name, traffic), traffic]);
    }
    await this.#rest(opened);
  }

  /**
   * @param leadInMs of the same load before it, which is not measured
   * @throws {Error} where an answer has another status than it should: what refuses all is fast and wrong
   */
  async run(name: VariantName, traffic: Traffic, slice: Slice, leadInMs = 0): Promise<ServedSlice> {
    const key = this.#keyOf(name, traffic);
    const server = await this.#freshEnough(key, name, traffic);
    const { onceAt } = server;
    if (leadInMs > 0) {
      const { connections, sleeps } = slice;
      const leadIn = { connections, milliseconds: leadInMs, ...(sleeps !== undefined && { sleeps }) };
      this.#advance(server, await this.#send(server, traffic, leadIn));
    }
    const usedBeforeMs = await server.usedMs();
    const outcome = await this.#send(server, traffic, slice);
    const usedMs = (await server.usedMs()) - usedBeforeMs;
    this.#appetites.set(key, Math.max(outcome.onceAt - onceAt, this.#appetites.get(key) ?? 0));
    this.#advance(server, outcome);
    const cpuMicroseconds = (usedMs * 1000) / outcome.requests;
    return { ...outcome, cpuMicroseconds, busy: usedMs / outcome.milliseconds };
  }

  async close(): Promise<void> {
    for (const server of this.#servers.values()) await server.stop();
    this.#servers.clear();
  }

  #keyOf(name: VariantName, traffic: Traffic): string {
    return this.#parts.oneProcess ? name : `${name} ${JSON.stringify(traffic)}`;
  }

  /** A process that has seen most tokens makes room for one that has seen none. */
  async #freshEnough(key: string, name: VariantName, traffic: Traffic): Promise<Server> {
    const known = this.#servers.get(key);
    const needed = traffic.newEvery === undefined ? 0 : (this.#appetites.get(key) ?? 0) * 1.5;
    if (known !== undefined && unseen(known, this.#parts.scale) > needed) return known;
    if (known !== undefined && !authenticates(name)) {
      // To it they are all the same.
      known.onceAt = 0;
      return known;
    }
    await known?.stop();
    const server = await this.#start(key, name, traffic);
    await this.#rest([[server, traffic]]);
    return server;
  }

  async #start(key: string, name: VariantName, traffic: Traffic): Promise<Server> {
    const server = await Server.start(name, this.#parts.stagePath, this.#parts.profiles);
    this.#servers.set(key, server);
    await this.#warmUp(server, traffic);
    return server;
  }

  async #rest(servers: readonly (readonly [Server, Traffic])[]): Promise<void> {
    const { restMs, warmUpMs, warmUpRequests } = this.#parts.scale;
    if (restMs === 0 || servers.length === 0) return;
    await pause(restMs);
    for (const [server, traffic] of servers) {
      const length =
        traffic.newEvery === undefined
          ? { milliseconds: warmUpMs * AFTER_REST }
          : { milliseconds: WARM_UP_LIMIT_MS, requests: Math.round(warmUpRequests * AFTER_REST) };
      this.#advance(server, await this.#send(server, traffic, { connections: CONNECTIONS, ...length }));
    }
  }

  async #warmUp(server: Server, traffic: Traffic): Promise<void> {
    const { hotTokens, goodTokens, warmUpRequests, warmUpMs } = this.#parts.scale;
    const connections = CONNECTIONS;
    if (warmUpRequests === 0) return;
    const warming = traffic.repeated > 0 ? traffic : { ...traffic, repeated: hotTokens, newEvery: 2 };
    // New tokens are dear; a tenth of them may be spent on this, with as many that come again.
    const affordable = traffic.newEvery === undefined ? Number.POSITIVE_INFINITY : goodTokens / 5;
    const wanted = Math.max(warmUpRequests, hasCache(server.name) ? requestsToFill(traffic.repeated) : 0);
    const requests = Math.min(wanted, affordable);
    const startedMs = performance.now();
    this.#advance(server, await this.#send(server, warming, { connections, milliseconds: WARM_UP_LIMIT_MS, requests }));
    const leftMs = startedMs + warmUpMs - performance.now();
    if (traffic.newEvery !== undefined || leftMs <= 0) return;
    this.#advance(server, await this.#send(server, warming, { connections, milliseconds: leftMs }));
  }

  async #send(server: Server, traffic: Traffic, slice: Slice): Promise<Outcome> {
    const { load, stage, scale } = this.#parts;
    const stream = streamFor(server, traffic, stage, scale);
    const outcome = await load.carryOut({ port: server.port, stream, sleeps: isStudy(server.name), ...slice });
    const expected = isRefused(server.name, traffic) ? "401" : "200";
    const wrong = Object.entries(outcome.statuses).find(([status]) => status !== expected);
    if (wrong !== undefined || outcome.requests === 0) {
      const [status = "nothing", count = 0] = wrong ?? [];
      throw new Error(
        `${server.name} answered ${status} (${count} times) to ${traffic.tokens} tokens, not ${expected}.`,
      );
    }
    return outcome;
  }

  #advance(server: Server, { repeatedAt, onceAt }: Outcome): void {
    server.repeatedAt = repeatedAt;
    server.onceAt = Math.max(server.onceAt, onceAt);
  }
}

/** A cache may keep a token from its second time on, so all tokens have to come twice before it is what it will be. */
function requestsToFill(tokens: number): number {
  return tokens * 2.2;
}

function hasCache(name: VariantName): boolean {
  return authenticates(name) && name !== "express-ours-uncached";
}

function isRefused(name: VariantName, { tokens }: Traffic): boolean {
  return authenticates(name) && tokens !== "good" && tokens !== "id";
}
