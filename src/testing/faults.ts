import { checkFields } from "./check-input.js";

/** How an operation is to fail. */
export interface Fault {
  /** Answer with this exception, in the real service's words. */
  readonly error?: string;
  /** Answer with this HTTP status; without `error` the body is a load balancer's HTML page. */
  readonly status?: number;
  /** Answer with this body. */
  readonly body?: string;
  /** Wait this many milliseconds first; Infinity never answers. */
  readonly delay?: number;
  /** Cut the connection in place of an answer. */
  readonly reset?: boolean;
  /** How many calls this holds for. Default: all from now on; 0 ends an earlier fault. */
  readonly times?: number;
}

const WAYS = ["error", "status", "body", "delay", "reset"] as const satisfies readonly (keyof Fault)[];

/** @throws {TypeError} for a fault that has no effect or a field that there is not */
export function checkFault(fault: Fault): void {
  checkFields("fail()", fault, [...WAYS, "times"]);
  if (fault.times === 0 || WAYS.some((way) => fault[way] !== undefined)) return;
  throw new TypeError(`fail() needs to know how: one of ${WAYS.map((way) => `\`${way}\``).join(", ")}.`);
}

/** Faults and counters, by operation. */
export class Faults {
  readonly #faults = new Map<string, { fault: Fault; left: number }>();
  readonly #counts = new Map<string, number>();

  set(operation: string, fault: Fault): void {
    const left = fault.times ?? Number.POSITIVE_INFINITY;
    if (left > 0) this.#faults.set(operation, { fault, left });
    else this.#faults.delete(operation);
  }

  /** Counts a call and says how it is to fail, if it is. */
  take(operation: string): Fault | undefined {
    this.#counts.set(operation, this.count(operation) + 1);
    const planned = this.#faults.get(operation);
    if (planned === undefined) return undefined;
    planned.left -= 1;
    if (planned.left <= 0) this.#faults.delete(operation);
    return planned.fault;
  }

  count(operation: string): number {
    return this.#counts.get(operation) ?? 0;
  }
}
