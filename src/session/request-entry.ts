import type { Eventually, Outcome } from "../errors/outcome.js";
import type { Identifier } from "./identifier.js";
import type { Session } from "./session.js";

/** Stands for a session while it is being made. */
export const UNDER_WAY = Symbol("under way");

/** What an engine made of a request. Several engines may look at one request, each for itself. */
export interface RequestEntry {
  /** The one request that it is about. */
  readonly request: object;
  readonly identifier: Identifier;
  readonly earlier: RequestEntry | undefined;
  made: Eventually<Outcome<Session>> | typeof UNDER_WAY | undefined;
  /** Whether the engine was asked for the session, and not only who calls. */
  isServed: boolean;
  /** Whether diagnostics were told what it came to. */
  isTold: boolean;
}

/** Gives back what it is given, so that a class derived from it adds its private field to any object. */
class Given {
  constructor(given: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for
    return given;
  }
}

/**
 * Entries kept with their requests, for us alone: no reflection shows them, and no copy of a request and no object derived
 * from it has them. A WeakMap would do the same for twenty times the price, most of it the garbage collector's.
 *
 * What holds an entry is the request's list of raw headers, which Node makes for each request; where there is none, the
 * request. On Node 20 and 22 Express gives each request a hidden class of its own, and one more field on such an object
 * costs as much as a twentieth of all that Express does. Copies share the list, so an entry counts for its own request only.
 */
export class Requests extends Given {
  #entry: RequestEntry;

  private constructor(holder: object, entry: RequestEntry) {
    super(holder);
    this.#entry = entry;
  }

  /** @param holder of its entry */
  static entryOf(request: object, holder: object): RequestEntry | undefined {
    if (!(#entry in holder)) return undefined;
    const entry = holder.#entry;
    return entry.request === request ? entry : undefined;
  }

  /**
   * @param holder of its entry
   * @param earlier the request's entry so far
   */
  static enter(
    request: object,
    holder: object,
    identifier: Identifier,
    earlier: RequestEntry | undefined,
  ): RequestEntry {
    const entry: RequestEntry = { request, identifier, earlier, made: undefined, isServed: false, isTold: false };
    if (#entry in holder) holder.#entry = entry;
    else new Requests(holder, entry);
    return entry;
  }
}
