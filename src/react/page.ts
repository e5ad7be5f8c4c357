/** How a session route is asked. */
export interface PageRequest {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: "same-origin";
  readonly cache: "no-store";
  readonly redirect: "error";
  readonly signal: AbortSignal;
}

/** The little of an answer that is read. */
export interface PageResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** A way to the other tabs of this site. */
export interface PageChannel {
  post(message: object): void;
  close(): void;
}

/** All that the session's client needs of a browser. */
export interface Page {
  /** True where there is a document; false on a server that renders. */
  readonly isBrowser: boolean;
  fetch(url: string, request: PageRequest): Promise<PageResponse>;
  /** Milliseconds since the epoch; goes on while the machine sleeps. */
  now(): number;
  /** From 0 to below 1. */
  random(): number;
  /** Runs once after so many milliseconds. Returns what cancels it. */
  startTimer(run: () => void, ms: number): () => void;
  /**
   * Calls when the page is seen again or back online, and with `true` when it came back from the browser's history as
   * it was left. Returns what ends it.
   */
  onWake(listener: (restored: boolean) => void): () => void;
  /** Undefined where the browser has no such channel or does not allow it. */
  openChannel(name: string, listener: (message: unknown) => void): PageChannel | undefined;
  /** The page's URL. */
  href(): string;
  /** Its path and query. */
  path(): string;
  navigate(url: string): void;
}

interface PageEvent {
  readonly data?: unknown;
  readonly persisted?: unknown;
}

interface PageEvents {
  addEventListener(name: string, listener: (event: PageEvent) => void): void;
  removeEventListener(name: string, listener: (event: PageEvent) => void): void;
}

interface Channel extends PageEvents {
  postMessage(message: object): void;
  close(): void;
}

/** What is used of a browser's globals. A server that renders, and an older browser, has only some of them. */
export interface BrowserGlobals extends Partial<PageEvents> {
  readonly fetch?: (url: string, request: PageRequest) => Promise<PageResponse>;
  readonly document?: PageEvents & { readonly visibilityState: string };
  readonly location?: {
    readonly href: string;
    readonly pathname: string;
    readonly search: string;
    assign(url: string): void;
  };
  readonly BroadcastChannel?: new (name: string) => Channel;
}

/** The page that this code runs in. */
// Safe because every member is optional, and each is looked for before it is used.
export function browserPage(globals: BrowserGlobals = globalThis as unknown as BrowserGlobals): Page {
  return {
    isBrowser: globals.document !== undefined,
    fetch: async (url, request) => {
      if (globals.fetch === undefined) throw new TypeError("There is no fetch() here.");
      return globals.fetch(url, request);
    },
    now: Date.now,
    random: Math.random,
    startTimer: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    onWake: (listener) => listenForWaking(globals, listener),
    openChannel: (name, listener) => openChannel(globals, name, listener),
    href: () => globals.location?.href ?? "",
    path: () => `${globals.location?.pathname ?? "/"}${globals.location?.search ?? ""}`,
    navigate: (url) => globals.location?.assign(url),
  };
}

function listenForWaking(globals: BrowserGlobals, listener: (restored: boolean) => void): () => void {
  const { document } = globals;
  const onVisible = () => {
    if (document?.visibilityState === "visible") listener(false);
  };
  const onOnline = () => listener(false);
  const onShow = ({ persisted }: PageEvent) => {
    if (persisted === true) listener(true);
  };
  document?.addEventListener("visibilitychange", onVisible);
  globals.addEventListener?.("online", onOnline);
  globals.addEventListener?.("pageshow", onShow);
  return () => {
    document?.removeEventListener("visibilitychange", onVisible);
    globals.removeEventListener?.("online", onOnline);
    globals.removeEventListener?.("pageshow", onShow);
  };
}

function openChannel(
  globals: BrowserGlobals,
  name: string,
  listener: (message: unknown) => void,
): PageChannel | undefined {
  if (globals.BroadcastChannel === undefined) return undefined;
  try {
    const channel = new globals.BroadcastChannel(name);
    channel.addEventListener("message", ({ data }) => listener(data));
    return { post: (message) => channel.postMessage(message), close: () => channel.close() };
  } catch {
    // Some browsers have it and forbid it, as where cookies are blocked.
    return undefined;
  }
}
