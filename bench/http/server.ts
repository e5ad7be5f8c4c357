import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { end, nextMessage } from "../processes/child.js";
import { type Core, spawnNode } from "../processes/pinning.js";
import { isStudy, type VariantName } from "../variants.js";

const START_LIMIT_MS = 15_000;
const PROFILE_LIMIT_MS = 20_000;
const LIVES_SECONDS = 3600;

function coresOf(name: VariantName): Core {
  return isStudy(name) ? "0,1" : "0";
}

/** A variant, answering on loopback in a process of its own. */
export class Server {
  /** The next of the tokens that are sent again and again. */
  repeatedAt = 0;
  /** The next of those that no process may see twice. */
  onceAt = 0;

  private constructor(
    readonly name: VariantName,
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly isProfiled: boolean,
  ) {}

  /** @param profiles the folder where its CPU profile is written when it stops; none is made without it */
  static async start(name: VariantName, stagePath: string, profiles?: string): Promise<Server> {
    const flags = ["--cpu-prof", `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}-${Date.now()}.cpuprofile`];
    const args = [name, stagePath, String(LIVES_SECONDS)];
    const child = spawnNode(coresOf(name), "servers/main.js", args, profiles === undefined ? [] : flags);
    child.stdout?.resume();
    try {
      const message = await nextMessage(child, `The server of ${name}`, START_LIMIT_MS);
      const { port } = message as { port: number };
      return new Server(name, port, child, profiles !== undefined);
    } catch (error) {
      await end(child);
      throw error;
    }
  }

  /** How much time of its core it took so far, in milliseconds. */
  async usedMs(): Promise<number> {
    const answer = nextMessage(this.child, `The server of ${this.name}`, START_LIMIT_MS);
    this.child.send("used");
    const { usedMicroseconds } = (await answer) as { usedMicroseconds: number };
    return usedMicroseconds / 1000;
  }

  async stop(): Promise<void> {
    if (this.isProfiled && this.child.connected) {
      // It exits by itself then, and writes its profile.
      this.child.disconnect();
      await Promise.race([once(this.child, "exit"), setTimeout(PROFILE_LIMIT_MS, undefined, { ref: false })]);
    }
    await end(this.child);
  }
}
