import type { Eventually, Outcome } from "../errors/outcome.js";
import type { Identifier } from "./identifier.js";
import type { Session } from "./session.js";

/** Stands for a session while it is being made. */
export const UNDER_WAY = Symbol("under way");

/** What an engine made of a request. Several engines may look at one request, each for itself. */
export interface RequestEntry {
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
 * Entries kept with their requests, for us alone: no reflection shows them, no copy of a request and no object derived
 * from it has them. A WeakMap would do the same for twenty times the price, most of it the garbage collector's.
 */
export class Requests extends Given {
  #entry: RequestEntry;

  private constructor(request: object, entry: RequestEntry) {
    super(request);
    this.#entry = entry;
  }

  static entryOf(request: unknown): RequestEntry | undefined {
    const hasEntry = typeof request === "object" && request !== null && #entry in request;
    return hasEntry ? request.#entry : undefined;
  }

  /** @param earlier the request's entry so far */
  static enter(request: object, identifier: Identifier, earlier: RequestEntry | undefined): RequestEntry {
    const entry: RequestEntry = { identifier, earlier, made: undefined, isServed: false, isTold: false };
    if (earlier === undefined) new Requests(request, entry);
    else if (#entry in request) request.#entry = entry;
    return entry;
  }
}
