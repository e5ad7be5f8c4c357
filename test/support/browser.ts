import { createRequire } from "node:module";
import type { BrowserGlobals, Page, PageChannel, PageRequest, PageResponse } from "../../src/react/page.js";

/** An answer of the server; `undefined` never comes. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
export type Script = Reply | "down" | "silent";

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** Lets all that is at hand happen: a few rounds, as one thing leads to another. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}

export function responseOf({ status, body, headers = {} }: Reply): PageResponse {
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: { get: (name) => named.get(name.toLowerCase()) ?? null }, text: async () => text };
}

/** The channels of one browser, between its tabs. */
export class FakeChannels {
  readonly #open = new Map<string, Set<(message: unknown) => void>>();

  open(name: string, listener: (message: unknown) => void): PageChannel {
    const members = this.#open.get(name) ?? new Set();
    this.#open.set(name, members.add(listener));
    return {
      post: (message) => {
        for (const member of members) if (member !== listener) queueMicrotask(() => member(structuredClone(message)));
      },
      close: () => void members.delete(listener),
    };
  }

  get size(): number {
    return [...this.#open.values()].reduce((sum, members) => sum + members.size, 0);
  }
}

/** A tab whose time stands still until it is moved, and whose server says what was scripted. */
export class FakePage implements Page {
  readonly isBrowser = true;
  readonly requests: { readonly method: string; readonly url: string; readonly request: PageRequest }[] = [];
  readonly visited: string[] = [];
  readonly #timers = new Set<Timer>();
  readonly #wakers = new Set<(restored: boolean) => void>();
  readonly #channels: FakeChannels | undefined;
  #script: readonly Script[];
  /** Timers go by this; the clock may be ahead of it or behind. */
  #nowMs = 0;
  #clockMs = Date.parse("2030-01-01T00:00:00Z");
  #path = "/files?page=2";
  chance = 0;

  /** @param script answers in their order; the last one stays */
  constructor(script: readonly Script[], channels?: FakeChannels) {
    this.#script = script;
    this.#channels = channels;
  }

  fetch(url: string, request: PageRequest): Promise<PageResponse> {
    this.requests.push({ method: request.method, url, request });
    const [next = "down", ...rest] = this.#script;
    if (rest.length > 0) this.#script = rest;
    return new Promise((resolve, reject) => {
      request.signal.addEventListener("abort", () => reject(new Error("aborted")));
      if (next === "down") reject(new TypeError("Failed to fetch"));
      else if (next !== "silent") resolve(responseOf(next));
    });
  }
  now(): number {
    return this.#clockMs + this.#nowMs;
  }
  random(): number {
    return this.chance;
  }
  startTimer(run: () => void, ms: number): () => void {
    // What browsers do with a delay that does not fit.
    const timer = { atMs: this.#nowMs + (ms > 2 ** 31 - 1 ? 0 : ms), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
  onWake(listener: (restored: boolean) => void): () => void {
    this.#wakers.add(listener);
    return () => void this.#wakers.delete(listener);
  }
  openChannel(name: string, listener: (message: unknown) => void): PageChannel | undefined {
    return this.#channels?.open(name, listener);
  }
  href(): string {
    return `https://app.example.com${this.#path}`;
  }
  path(): string {
    return this.#path;
  }
  navigate(url: string): void {
    this.visited.push(url);
  }

  /** What the server says from now on. */
  script(...script: Script[]): void {
    this.#script = script;
  }
  at(path: string): this {
    this.#path = path;
    return this;
  }
  get timers(): number {
    return this.#timers.size;
  }
  /** Timers, and listeners for waking. */
  get waiting(): number {
    return this.#timers.size + this.#wakers.size;
  }
  /** Methods and URLs since the last time this was asked. */
  asked(): string[] {
    return this.requests.splice(0).map(({ method, url }) => `${method} ${url}`);
  }

  async advance(seconds: number): Promise<void> {
    const untilMs = this.#nowMs + seconds * 1000;
    for (let fired = 0; ; fired++) {
      await settle();
      const [next] = [...this.#timers].sort((one, other) => one.atMs - other.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      if (fired > 1000) throw new Error("Timers fire without end.");
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
  }
  /** Time goes on, timers do not: the machine sleeps, or somebody sets its clock. */
  sleep(seconds: number): void {
    this.#clockMs += seconds * 1000;
  }
  async wake(restored = false): Promise<void> {
    for (const waker of [...this.#wakers]) waker(restored);
    await settle();
  }
}

interface Target {
  addEventListener(
    name: string,
    listener: (event: { readonly data?: unknown; readonly persisted?: unknown }) => void,
  ): void;
  removeEventListener(name: string, listener: (event: object) => void): void;
  dispatchEvent(event: object): void;
}
interface Element {
  readonly textContent: string | null;
}
/** The little of jsdom that is used: its own types would bring the DOM library to the whole project. */
interface Window extends Target {
  readonly document: Target & { readonly visibilityState: string; createElement(name: string): Element };
  readonly location: NonNullable<BrowserGlobals["location"]>;
  readonly navigator: object;
  readonly Event: new (name: string) => object;
  close(): void;
}

/** Opens a page in jsdom. */
export function openWindow(url: string): Window {
  const { JSDOM } = createRequire(import.meta.url)("jsdom");
  return new JSDOM("<!doctype html><body></body>", { url }).window;
}
