import type { IncomingMessage, ServerResponse } from "node:http";
import type { AuthError } from "../errors/auth-error.js";
import { type SessionView, viewSession } from "./session-view.js";
import type { Counts, Stage } from "./stage.js";

const MAX_KEPT = 50;
const ID = /^[\w-]{1,40}$/;

/** The header by which the page names a call, to ask about it afterwards. */
export const CALL_HEADER = "x-playground-call";

/** What became of a request on the inside. */
export interface CallRecord {
  readonly session: SessionView | undefined;
  readonly refusal: AuthError | undefined;
  /** Calls to Cognito while it was answered. */
  readonly counts: Counts;
}

/** Remembers what became of the page's latest calls. Nothing is asked a second time for it. */
export class Calls {
  readonly #records = new Map<string, Promise<CallRecord>>();

  /** Watches a request to the API, if the page sent it. Call it before the API is given the request. */
  watch(request: IncomingMessage, response: ServerResponse, stage: Stage): void {
    const id = request.headers[CALL_HEADER];
    if (typeof id !== "string" || !ID.test(id)) return;
    const { sessions, cognito, counts: before } = stage;
    const record = new Promise<CallRecord>((resolve) => {
      response.once("close", () => {
        const session = sessions.sessionOf(request);
        resolve({
          session: session && viewSession(session, cognito),
          refusal: sessions.refusalOf(request),
          counts: since(before, stage.counts),
        });
      });
    });
    this.#records.set(id, record);
    for (const oldest of this.#records.keys()) {
      if (this.#records.size <= MAX_KEPT) break;
      this.#records.delete(oldest);
    }
  }

  /** Waits until the request has been answered. */
  find(id: string): Promise<CallRecord> | undefined {
    return this.#records.get(id);
  }
}

function since(before: Counts, after: Counts): Counts {
  const { JWKS, GetId, GetCredentialsForIdentity } = after;
  return {
    JWKS: JWKS - before.JWKS,
    GetId: GetId - before.GetId,
    GetCredentialsForIdentity: GetCredentialsForIdentity - before.GetCredentialsForIdentity,
  };
}
