import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";
import { freePort, startServer } from "./server-process.js";

const PING_MS = 1_000;

export interface RedisServer {
  readonly port: number;
  readonly url: string;
}

/** A folder for what servers write. Gone when the process ends. */
export const redisFolder = mkdtempSync(join(tmpdir(), "cognito-auth-session-redis-"));
process.once("exit", () => rmSync(redisFolder, { recursive: true, force: true }));

/**
 * Starts a redis-server on loopback that keeps nothing on disk, and waits until it answers. `stopServers()` stops it.
 *
 * @param args more of its command line
 * @param port default: a free one
 */
export async function startRedis(args: readonly string[] = [], port?: number): Promise<RedisServer> {
  const own = port ?? (await freePort());
  await start(own, ["--save", "", "--appendonly", "no", ...args]);
  return { port: own, url: `redis://127.0.0.1:${own}` };
}

/** Starts a sentinel that watches a server under the name `main`. */
export async function startSentinel(watched: RedisServer): Promise<RedisServer> {
  const port = await freePort();
  const config = join(redisFolder, `sentinel-${port}.conf`); // it writes what it learns into it
  writeFileSync(config, `sentinel monitor main 127.0.0.1 ${watched.port} 1\n`);
  await start(port, ["--sentinel"], config);
  return { port, url: `redis://127.0.0.1:${port}` };
}

async function start(port: number, args: readonly string[], config?: string): Promise<void> {
  const fixed = ["--port", String(port), "--bind", "127.0.0.1", "--dir", redisFolder];
  const program = {
    name: "redis-server (Debian: apt-get install redis-server)",
    command: "redis-server",
    args: [...(config === undefined ? [] : [config]), ...fixed, ...args],
    cwd: redisFolder,
    env: { PATH: process.env.PATH },
  };
  await startServer(program, () => answersPing(port));
}

function answersPing(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const end = (answer?: string) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PING_MS, end);
    socket.once("error", () => end());
    socket.once("close", () => end());
    socket.once("data", (data) => end(/^\+PONG|^-NOAUTH/.test(data.toString()) ? "up" : undefined));
  });
}

/** Sends commands as the server's administrator. Returns the last answer. */
export async function command({ url }: RedisServer, ...commands: readonly string[][]): Promise<unknown> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on("error", () => {});
  await client.connect();
  let answer: unknown;
  for (const words of commands) answer = await client.sendCommand(words);
  client.destroy();
  return answer;
}

/** The process of a server, to kill or to freeze it. */
export async function pidOf(server: RedisServer): Promise<number> {
  const info = String(await command(server, ["INFO", "server"]));
  return Number(/process_id:(\d+)/.exec(info)?.[1]);
}
