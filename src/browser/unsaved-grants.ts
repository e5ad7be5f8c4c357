import type { Clock } from "../clock.js";
import { failed } from "../errors/outcome.js";
import type { ReleaseLock } from "../store/store.js";
import type { Grant, GrantSlot, Kept } from "./grant.js";

const RETRY_MS = 500;
const MAX_UNSAVED = 10_000;
/** By then every token in it has expired, and so has what the store kept of the session. */
const GIVE_UP_MS = 3_600_000;

interface Unsaved {
  readonly slot: GrantSlot;
  readonly grant: Grant;
  readonly sinceMs: number;
  saving?: Promise<Kept> | undefined;
  /** What is to be given back once it is saved. */
  lock?: ReleaseLock | undefined;
}

/**
 * Tokens that the store did not take. The old refresh token is spent, so these are all that is left of the sign-in: they
 * are held, and offered to the store again and again.
 */
export class UnsavedGrants {
  readonly #clock: Clock;
  readonly #onEnded: (slot: GrantSlot, grant: Grant) => void;
  readonly #unsaved = new Map<string, Unsaved>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onEnded told of tokens that nobody has a use for: their session was ended meanwhile */
  constructor(clock: Clock, onEnded: (slot: GrantSlot, grant: Grant) => void) {
    this.#clock = clock;
    this.#onEnded = onEnded;
  }

  add(slot: GrantSlot, grant: Grant): void {
    this.#unsaved.set(slot.key, { slot, grant, sinceMs: this.#clock() });
    const [oldest] = this.#unsaved.keys();
    if (this.#unsaved.size > MAX_UNSAVED && oldest !== undefined) this.#unsaved.delete(oldest);
    this.#schedule();
  }

  /** Has a lock given back once what is held under a key is saved: until then nobody else is to start from the old state. */
  keepLock(key: string, lock: ReleaseLock): void {
    const held = this.#unsaved.get(key);
    if (held === undefined) void lock();
    else held.lock = lock;
  }

  /** Tries to save what is held under a key; undefined where nothing is. */
  async save(key: string): Promise<Kept | undefined> {
    const held = this.#unsaved.get(key);
    if (held === undefined) return undefined;
    // Of all who ask one writes: a second write might come late, over what others made of the first.
    held.saving ??= this.#save(key, held).finally(() => {
      held.saving = undefined;
    });
    return held.saving;
  }

  async #save(key: string, held: Unsaved): Promise<Kept> {
    const kept = await put(held);
    if (kept === "failed") return kept;
    if (this.#unsaved.get(key) === held) this.#unsaved.delete(key);
    void held.lock?.();
    if (kept === "ended") this.#onEnded(held.slot, held.grant);
    return kept;
  }

  /** Offers all that is held a last time. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all([...this.#unsaved.keys()].map((key) => this.save(key)));
    clearTimeout(this.#timer);
    this.#unsaved.clear();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#unsaved.size === 0) return;
    this.#timer = setTimeout(() => void this.#saveAll(), RETRY_MS).unref();
  }

  async #saveAll(): Promise<void> {
    const endedMs = this.#clock() - GIVE_UP_MS;
    for (const [key, { sinceMs }] of [...this.#unsaved]) {
      if (sinceMs < endedMs) this.#unsaved.delete(key);
      // A store that does not take one takes none now.
      else if ((await this.save(key)) === "failed") break;
    }
    this.#timer = undefined;
    this.#schedule();
  }
}

async function put({ slot, grant }: Unsaved): Promise<Kept> {
  const current = await slot.load();
  if (failed(current)) return "failed";
  if (current === undefined) return "ended";
  // Another process went on meanwhile.
  return current.revision >= grant.revision ? "saved" : slot.save(grant, true);
}
