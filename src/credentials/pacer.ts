import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../clock.js";
import { AuthError } from "../errors/auth-error.js";
import type { Outcome } from "../errors/outcome.js";
import type { SealedStore } from "../store/sealed-store.js";
import type { ExchangeMode } from "./credentials.js";

/** Slots that nobody used may be used for so long after. */
const BURST_SECONDS = 0.25;
/** For hosts whose clocks differ. */
const CLAIM_SECONDS = 60;
const MAX_UNDER_WAY = 100;

/** What the pacer works with. */
export interface PacerParts {
  readonly clock: Clock;
  /** Calls a second; undefined lets all through. */
  readonly ratePerSecond: number | undefined;
  /** Where processes agree who may call when. */
  readonly store: SealedStore | undefined;
  /** What is being called: slots of one scope are shared. */
  readonly scope: string;
}

/** How long, and how urgently, a call may wait for its turn. */
export interface Patience {
  readonly mode: ExchangeMode;
  readonly patienceMs: number;
}

/** Lets a call that waits go. */
type Go = () => void;

/**
 * Holds a call to a rate, for all processes that share the store together: time is cut into slots, one call each, and
 * each slot is one process'. Whoever could not be let through in time is told at once, and when to come back; renewals
 * ahead of time do not stand in the way of requests.
 */
export class Pacer {
  readonly #parts: PacerParts;
  readonly #queue: Go[] = [];
  #underWay = 0;
  /** Of this slot, and those before it, we know whose they are. */
  #lastTried = Number.NEGATIVE_INFINITY;
  #isPumping = false;

  constructor(parts: PacerParts) {
    this.#parts = parts;
  }

  /** Makes a call when its turn has come. */
  async run<T>(patience: Patience, call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const { ratePerSecond } = this.#parts;
    if (ratePerSecond === undefined) return call();
    const refusal = await this.#turn(patience, ratePerSecond);
    if (refusal !== undefined) return refusal;
    try {
      return await call();
    } finally {
      this.#underWay -= 1;
      this.#pump(ratePerSecond);
    }
  }

  #turn({ mode, patienceMs }: Patience, ratePerSecond: number): Promise<AuthError | undefined> {
    const waitSeconds = (this.#queue.length + 1) / ratePerSecond;
    const yields = mode === "background" && this.#queue.length > 0;
    if (yields || (this.#queue.length > 0 && waitSeconds * 1000 > patienceMs)) {
      return Promise.resolve(tooMany(waitSeconds));
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#queue.splice(this.#queue.indexOf(go), 1);
        resolve(tooMany((this.#queue.length + 1) / ratePerSecond));
      }, patienceMs);
      const go = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
      this.#queue.push(go);
      this.#pump(ratePerSecond);
    });
  }

  /** Lets through whoever may go, and sees to it that the others' turn comes. */
  #pump(ratePerSecond: number): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    void this.#letThrough(ratePerSecond);
  }

  async #letThrough(ratePerSecond: number): Promise<void> {
    while (this.#queue.length > 0 && this.#underWay < MAX_UNDER_WAY) {
      if (!(await this.#takeSlot(ratePerSecond))) continue;
      // Whoever waited for this slot may have given up: it is lost then.
      const go = this.#queue.shift();
      if (go === undefined) break;
      this.#underWay += 1;
      go();
    }
    // In the same turn as the last look at the queue: whoever comes next starts it again.
    this.#isPumping = false;
  }

  /** Takes the next slot that may be used, or waits until there is one to try. */
  async #takeSlot(ratePerSecond: number): Promise<boolean> {
    const { clock, store, scope } = this.#parts;
    const slotMs = 1000 / ratePerSecond;
    const current = Math.floor(clock() / slotMs);
    const slot = Math.max(this.#lastTried + 1, current - Math.floor(BURST_SECONDS * ratePerSecond));
    if (slot > current) {
      // A clock that was set back is believed again once it has caught up with us, or at once if that would take long.
      if (slot > current + ratePerSecond) this.#lastTried = current;
      await pause(Math.max(1, slotMs - (clock() % slotMs)));
      return false;
    }
    this.#lastTried = slot;
    // Without a store each process keeps to the rate by itself.
    return store === undefined || (await store.claim("pace", `${scope} ${slot}`, CLAIM_SECONDS));
  }
}

function tooMany(waitSeconds: number): AuthError {
  return new AuthError("credentials_unavailable", {
    name: "TooManyRequestsException",
    retryAfterSeconds: waitSeconds,
    recoverySuggestion:
      "More users came in at once than `getIdRate` lets through to Cognito. Share a store, or ask AWS to raise the quota and set `getIdRate`.",
  });
}
