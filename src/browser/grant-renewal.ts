import { setTimeout as pause } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import { Backoff } from "../backoff.js";
import type { Clock } from "../clock.js";
import { refreshes } from "../diagnostics/channels.js";
import { AuthError, again } from "../errors/auth-error.js";
import { failed } from "../errors/outcome.js";
import { isRefreshFailure, type RefreshFailure, type TokenCalls } from "../tokens/refresh.js";
import type { Grant, GrantOwner, GrantSlot } from "./grant.js";
import { UnsavedGrants } from "./unsaved-grants.js";

const BACKOFF = { firstMs: 1000, longestMs: 30_000 };
const MAX_REMEMBERED = 10_000;
const POLL_MS = 50;
/** Beside the call itself: what reading and writing the store may take. */
const STORE_SECONDS = 10;
const REFUSED_MS = 60_000;
const AT_IT = {
  recoverySuggestion: "Another process is refreshing this session, and has taken longer than `requestTimeout`.",
};
/** For so long after an unclear failure nothing is given up: what it came to may still turn up. */
const HOPE_MS = 60_000;

/**
 * What came of a renewal. `kept`: nothing now, perhaps later. `busy`: another process is at it. `spent`: the refresh token
 * went out and nobody knows what became of it; it is not sent again. `over`: Cognito ended the sign-in. `gone`: the session
 * was ended meanwhile.
 */
export type Renewal =
  | { readonly kind: "renewed"; readonly grant: Grant }
  | { readonly kind: "kept" | "busy" | "spent" | "over"; readonly error: AuthError }
  | { readonly kind: "gone" };

/** What renewal works with. */
export interface GrantRenewalParts {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly calls: TokenCalls;
  readonly onRenewed: (owner: GrantOwner) => void;
  readonly onFailed: (owner: GrantOwner, error: AuthError) => void;
}

/** How a renewal is wanted. */
export interface RenewalWish {
  /** The grant that is to be replaced. */
  readonly seen: Grant;
  /** Whether to wait where another process is at it; else the present tokens will do. */
  readonly mayWait: boolean;
}

/**
 * Refreshes tokens, one refresh at a time for each sign-in in all processes. With rotation a refresh token works once:
 * sent twice, Cognito ends the sign-in. So it is written down before the token goes out, what comes back is kept before
 * anybody gets it, and after an answer that never came the token is not sent again. (RFC 9700 section 4.14.)
 */
export class GrantRenewal {
  readonly #parts: GrantRenewalParts;
  readonly #inFlight = new Map<string, { readonly mayWait: boolean; readonly renewal: Promise<Renewal> }>();
  readonly #failures = new LRUCache<string, { readonly backoff: Backoff; error: AuthError }>({ max: MAX_REMEMBERED });
  /** What Cognito refused stays refused: whoever goes on sending it costs no calls. */
  readonly #refused = new LRUCache<string, { readonly error: AuthError; readonly atMs: number }>({
    max: MAX_REMEMBERED,
  });
  readonly #unsaved: UnsavedGrants;

  constructor(parts: GrantRenewalParts) {
    this.#parts = parts;
    this.#unsaved = new UnsavedGrants(parts.clock, (slot, grant) => this.#revoke(slot, grant));
  }

  /** Waits for what is under way, and offers the store a last time what it did not take. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#inFlight.values()].map(({ renewal }) => renewal));
    await this.#unsaved.close();
  }

  /** Offers the store what it did not take before. @returns false where it still does not */
  async settle(key: string): Promise<boolean> {
    return (await this.#unsaved.save(key)) !== "failed";
  }

  /** Spaces out the renewals of a sign-in whose new tokens are of no use. */
  reject(key: string, error: AuthError): void {
    this.#holdBack(key, error);
    this.#holdBack(key, error);
  }

  /** Whether a renewal is under way in this process. */
  isAt(key: string): boolean {
    return this.#inFlight.has(key);
  }

  async renew(slot: GrantSlot, wish: RenewalWish): Promise<Renewal> {
    const { key } = slot;
    const refused = this.#refused.get(key);
    if (refused !== undefined && this.#parts.clock() - refused.atMs < REFUSED_MS) {
      return { kind: "over", error: again(refused.error) };
    }
    const failure = this.#failures.get(key);
    if (failure !== undefined && failure.backoff.waitMs > 0) {
      return { kind: "kept", error: again(failure.error, failure.backoff.waitMs / 1000) };
    }
    const known = this.#inFlight.get(key);
    if (known !== undefined) {
      const renewal = await known.renewal;
      // Who was first may have had no need to wait for the other process.
      return renewal.kind === "busy" && wish.mayWait && !known.mayWait ? this.renew(slot, wish) : forAnother(renewal);
    }
    const renewal = this.#runTold(slot, wish).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, { mayWait: wish.mayWait, renewal });
    return renewal;
  }

  #runTold(slot: GrantSlot, wish: RenewalWish): Promise<Renewal> {
    if (!refreshes.isWatched) return this.#run(slot, wish);
    return refreshes.run(
      { userPoolId: slot.owner.pool.userPoolId },
      () => this.#run(slot, wish),
      (renewal) =>
        "error" in renewal
          ? { outcome: renewal.error.code, result: renewal.kind, errorName: renewal.error.name }
          : { outcome: "ok", result: renewal.kind },
    );
  }

  async #run(slot: GrantSlot, { seen, mayWait }: RenewalWish): Promise<Renewal> {
    const { timeoutMs } = this.#parts;
    const polls = mayWait ? Math.ceil(timeoutMs / POLL_MS) : 0;
    for (let poll = 0; ; poll += 1) {
      const lock = await slot.lock(Math.ceil(timeoutMs / 1000) + STORE_SECONDS);
      if (lock === "unavailable" || lock === "down") return { kind: "kept", error: new AuthError("store_unavailable") };
      if (lock !== "held") return this.#locked(slot, seen, lock === "none" ? undefined : lock);
      const current = await look(slot, seen);
      if ("kind" in current) return current;
      if (poll >= polls) return { kind: "busy", error: new AuthError("credentials_unavailable", AT_IT) };
      await pause(POLL_MS);
    }
  }

  async #locked(slot: GrantSlot, seen: Grant, release: (() => Promise<void>) | undefined): Promise<Renewal> {
    const current = await look(slot, seen);
    const renewal = "kind" in current ? current : await this.#refresh(slot, current);
    if (release === undefined) return renewal;
    if (await this.settle(slot.key)) await release();
    else this.#unsaved.keepLock(slot.key, release);
    return renewal;
  }

  async #refresh(slot: GrantSlot, current: Grant): Promise<Renewal> {
    const { clock, calls } = this.#parts;
    const { pool, clientId, username, deviceKey } = slot.owner;
    const { refreshToken } = current;
    if (refreshToken === undefined) return { kind: "gone" };
    const mayRotate = calls.mayRotate(pool, clientId, current.rotates);
    if (current.sentAtMs !== undefined && mayRotate) return this.#spent(current.sentAtMs);
    const before = mayRotate ? { ...current, sentAtMs: clock(), revision: current.revision + 1 } : current;
    if (mayRotate) {
      const kept = await slot.save(before);
      if (kept === "ended") return { kind: "gone" };
      if (kept === "failed") {
        // It may stand there all the same, and nothing was sent.
        this.#unsaved.add(slot, { ...current, revision: before.revision + 1 });
        return storeFailed();
      }
    }
    const result = await calls.refresh({ pool, clientId, refreshToken, username, deviceKey });
    if (isRefreshFailure(result)) return this.#failed(slot, { current, before, mayRotate }, result);
    this.#failures.delete(slot.key);
    const rotates = result.refreshToken !== undefined;
    const grant = {
      ...result,
      refreshToken: result.refreshToken ?? refreshToken,
      rotates,
      revision: before.revision + 1,
    };
    const kept = await slot.save(grant);
    if (kept === "failed") {
      this.#unsaved.add(slot, grant);
      return storeFailed();
    }
    if (kept === "ended") {
      this.#revoke(slot, grant);
      return { kind: "gone" };
    }
    this.#parts.onRenewed(slot.owner);
    return { kind: "renewed", grant };
  }

  async #failed(
    slot: GrantSlot,
    { current, before, mayRotate }: { readonly current: Grant; readonly before: Grant; readonly mayRotate: boolean },
    { fate, error }: RefreshFailure,
  ): Promise<Renewal> {
    this.#parts.onFailed(slot.owner, error);
    if (fate === "over") this.#refused.set(slot.key, { error, atMs: this.#parts.clock() });
    else this.#holdBack(slot.key, error);
    const renewal = { kind: fate === "over" ? fate : "kept", error } as const;
    if (!mayRotate || fate === "unclear") return renewal;
    const unmarked = { ...current, revision: before.revision + 1 };
    if ((await slot.save(unmarked)) === "failed" && fate === "kept") this.#unsaved.add(slot, unmarked);
    return renewal;
  }

  /** Nobody waits for it: the session has ended either way. */
  #revoke({ owner: { pool, clientId, username } }: GrantSlot, { refreshToken }: Grant): void {
    if (refreshToken !== undefined) void this.#parts.calls.revoke({ pool, clientId, username, refreshToken });
  }

  #spent(sentAtMs: number): Renewal {
    const error = new AuthError("credentials_unavailable", {
      recoverySuggestion: "A refresh was never answered. Its refresh token may be spent and is not sent again.",
    });
    // A time far ahead is of a clock that was set back since.
    return { kind: Math.abs(this.#parts.clock() - sentAtMs) < HOPE_MS ? "kept" : "spent", error };
  }

  #holdBack(key: string, error: AuthError): void {
    const failure = this.#failures.get(key) ?? { backoff: new Backoff(this.#parts.clock, BACKOFF), error };
    failure.backoff.failed();
    failure.error = error;
    this.#failures.set(key, failure);
  }
}

/** What is kept now, where it is what was seen; else what became of it. */
async function look(slot: GrantSlot, seen: Grant): Promise<Grant | Renewal> {
  const current = await slot.load();
  if (failed(current)) return { kind: "kept", error: current };
  if (current === undefined) return { kind: "gone" };
  return current.accessToken === seen.accessToken ? current : { kind: "renewed", grant: current };
}

/** Each who waited gets an error of their own. */
function forAnother(renewal: Renewal): Renewal {
  return "error" in renewal ? { ...renewal, error: again(renewal.error) } : renewal;
}

function storeFailed(): Renewal {
  return { kind: "kept", error: new AuthError("store_unavailable") };
}
