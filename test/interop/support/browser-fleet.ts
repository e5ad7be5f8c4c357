import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { join } from "node:path";
import type { AuthSessionOptions } from "cognito-auth-session";
import { Browser } from "./browser.js";
import type { Order } from "./browser-worker.js";

/** Where browsers see the application. Which process answers is the load balancer's matter: the test's. */
export const APP_ORIGIN = "http://app.localhost";

/** An answer to a session's request for `/me`. */
export interface Seen {
  readonly status: number;
  readonly username: string | undefined;
  readonly code: string | undefined;
  readonly retryAfter: string | undefined;
}

/** Somebody who is signed in: the cookies that go with requests. */
export interface SignedIn {
  readonly username: string;
  readonly cookie: string;
}

/** Web processes of one application that share nothing but a Redis. */
export class BrowserFleet {
  readonly #processes: readonly ChildProcess[];
  readonly #agent = new Agent({ keepAlive: true });
  #origins: readonly string[] = [];

  private constructor(size: number) {
    const worker = join(import.meta.dirname, "browser-worker.ts");
    this.#processes = Array.from({ length: size }, () => fork(worker, { execArgv: ["--import", "tsx"] }));
  }

  static async start(size: number, options: AuthSessionOptions, redisUrl: string): Promise<BrowserFleet> {
    const fleet = new BrowserFleet(size);
    fleet.#origins = await fleet.#tell({ options: { ...options, cookies: "session", origin: APP_ORIGIN }, redisUrl });
    return fleet;
  }

  get size(): number {
    return this.#processes.length;
  }

  /** Puts all processes' clocks ahead. */
  async moveClocks(aheadMs: number): Promise<void> {
    await this.#tell({ aheadMs });
  }

  /** Signs a user in through the first process and the user pool's login page. */
  async signIn(username: string): Promise<SignedIn> {
    const browser = new Browser((origin) => (origin === APP_ORIGIN ? this.#originOf(0) : origin));
    const login = await browser.visit(`${APP_ORIGIN}/auth/sign-in`);
    const { status, text } = await browser.submit(login, { username });
    if (status !== 200) throw new Error(`The sign-in ended with ${status}: ${text}`);
    return { username, cookie: browser.cookiesFor(APP_ORIGIN) };
  }

  /** Who one of the processes takes a session for. */
  async ask(index: number, { cookie }: SignedIn): Promise<Seen> {
    const { agent, origin } = { agent: this.#agent, origin: this.#originOf(index) };
    return new Promise((resolve, reject) => {
      const request = get(`${origin}/me`, { agent, headers: { Cookie: cookie } }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => {
          const { username, code } = JSON.parse(text);
          const { statusCode: status = 0, headers } = response;
          resolve({ status, username, code, retryAfter: headers["retry-after"] });
        });
      });
      request.on("error", reject).setTimeout(30_000, () => request.destroy(new Error("No answer in 30 s.")));
    });
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await Promise.all(
      this.#processes.map(async (child) => {
        if (child.exitCode !== null) return;
        child.kill("SIGKILL");
        await once(child, "exit");
      }),
    );
  }

  #originOf(index: number): string {
    return this.#origins[index % this.size] ?? "";
  }

  #tell(order: Order): Promise<string[]> {
    return Promise.all(this.#processes.map((child) => tell(child, order)));
  }
}

async function tell(child: ChildProcess, order: Order): Promise<string> {
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`A process of the fleet ended with ${code}.`);
  });
  ended.catch(() => {}); // of no interest once there is an answer
  child.send(order);
  try {
    const [answer] = await Promise.race([once(child, "message", { signal }), ended]);
    return String(answer);
  } finally {
    settled.abort();
  }
}
