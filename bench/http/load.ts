import type { ChildProcess } from "node:child_process";
import type { Answer, Order, Outcome } from "../load/messages.js";
import { end, nextMessage } from "../processes/child.js";
import { spawnNode } from "../processes/pinning.js";

/** Beyond the slice: connections are opened, files read, and the last answers come in. */
const GRACE_MS = 30_000;

/** The process that sends requests. */
export class Load {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = spawnNode("1", "load/main.js", []);
    this.#child.stdout?.resume();
  }

  async carryOut(order: Order): Promise<Outcome> {
    const answer = nextMessage(this.#child, "A slice of load", order.milliseconds + GRACE_MS);
    this.#child.send(order);
    const message = (await answer) as Answer;
    if ("failure" in message) throw new Error(`Load failed: ${message.failure}`);
    return message.outcome;
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}
