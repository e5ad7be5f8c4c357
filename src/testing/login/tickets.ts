import { randomBytes } from "node:crypto";
import type { Clock } from "../../clock.js";

const MAX_TICKETS = 10_000;

/** Things given out for a time, each under a secret name that nobody guesses. */
export class Tickets<T> {
  readonly #issued = new Map<string, { readonly value: T; readonly endMs: number }>();

  constructor(
    private readonly lifetimeSeconds: number,
    private readonly clock: Clock,
  ) {}

  issue(value: T): string {
    const ticket = randomBytes(24).toString("base64url");
    const [oldest] = this.#issued.keys();
    if (this.#issued.size >= MAX_TICKETS && oldest !== undefined) this.#issued.delete(oldest);
    this.#issued.set(ticket, { value, endMs: this.clock() + this.lifetimeSeconds * 1000 });
    return ticket;
  }

  find(ticket: string): T | undefined {
    const issued = this.#issued.get(ticket);
    return issued !== undefined && this.clock() < issued.endMs ? issued.value : undefined;
  }

  delete(ticket: string): void {
    this.#issued.delete(ticket);
  }
}
