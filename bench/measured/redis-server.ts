import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const NOT_INSTALLED =
  "redis-server is needed and not installed. Debian, Ubuntu: apt-get install redis-server. macOS: brew install redis.";

/** A real Redis on a free port of loopback, which keeps nothing on disk. */
export class RedisServer {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** @throws {Error} saying how to install it, where it is missing */
  static async start(): Promise<RedisServer> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "bench-redis-"));
    const settings = [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--appendonly",
      "no",
      "--dir",
      folder,
    ];
    const child = spawn("redis-server", settings, { stdio: ["ignore", "pipe", "inherit"] });
    const server = new RedisServer(`redis://127.0.0.1:${port}`, child, folder);
    try {
      await isReady(child);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  async stop(): Promise<void> {
    if (this.child.pid !== undefined && this.child.exitCode === null) {
      this.child.kill();
      await once(this.child, "exit");
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      reject("code" in error && error.code === "ENOENT" ? new Error(NOT_INSTALLED) : error);
    });
    child.once("exit", (code) => reject(new Error(`redis-server ended with ${code}.`)));
    if (child.stdout === null) return;
    createInterface(child.stdout).on("line", (line) => {
      if (line.includes("Ready to accept connections")) resolve();
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No port is free.");
  return address.port;
}
