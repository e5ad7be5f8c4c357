import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const START_MS = 60_000;
const STOP_MS = 5_000;
const KEPT_OUTPUT = 20_000;

/** What to run. The environment is all that the process gets. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Where the server listens, once it does, judged by what it has printed or by asking it. */
type FindOrigin = (output: string) => string | undefined | Promise<string | undefined>;

const running = new Set<ServerProcess>();
// Mocha may end without its `after` hooks having run: a process must not outlive us even then.
process.once("exit", () => {
  for (const server of running) server.kill();
});

/**
 * Starts a server in a process of its own, waits until it listens, and says where. Throws, with all that the server has
 * printed, when it ends instead or takes too long.
 */
export async function startServer(program: Program, findOrigin: FindOrigin): Promise<string> {
  const server = new ServerProcess(program);
  running.add(server);
  return server.listens(findOrigin);
}

/** Stops every server that was started, also one that never listened. */
export async function stopServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.stop()));
  running.clear();
}

class ServerProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  #output = "";
  #ended: string | undefined;

  constructor({ name, command, args, cwd, env }: Program) {
    this.#name = name;
    this.#child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-KEPT_OUTPUT);
      });
    }
    // "close" rather than "exit": by then all that it printed has been read.
    this.#child.once("close", (code, signal) => {
      this.#ended ??= `code ${code}, signal ${signal}`;
    });
    this.#child.once("error", (error) => {
      this.#ended = error.message;
    });
  }

  /** Asks the process to end, and makes it end when it does not. */
  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    const closed = once(this.#child, "close");
    this.#child.kill("SIGTERM");
    const forced = setTimeout(() => this.kill(), STOP_MS);
    await closed;
    clearTimeout(forced);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async listens(findOrigin: FindOrigin): Promise<string> {
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline) {
      if (this.#ended !== undefined) {
        throw new Error(`${this.#name} ended before it listened (${this.#ended}):\n${this.#output}`);
      }
      const origin = await findOrigin(this.#output);
      if (origin !== undefined) return origin;
      await sleep(100);
    }
    throw new Error(`${this.#name} did not listen within ${START_MS / 1000} s:\n${this.#output}`);
  }
}

/**
 * A free port of loopback, for servers that cannot choose one themselves and say which. It is below those that systems
 * give to whoever asks for port 0 or connects: until the server has started, one of those would be taken by others.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) return port;
  }
  throw new Error("Of 20 ports none is free.");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** The origin when a request to one of its paths is answered with 200. */
export async function originIfUp(origin: string, path: string): Promise<string | undefined> {
  try {
    const { status } = await fetch(origin + path, { signal: AbortSignal.timeout(2_000) });
    return status === 200 ? origin : undefined;
  } catch {
    return undefined; // not yet
  }
}
