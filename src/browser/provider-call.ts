import type { CustomFetch } from "openid-client";
import { fetchFailureOf, inTime, MAX_ANSWER_BYTES, readBounded } from "../bounded-answer.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";

/** What a token endpoint answers with (RFC 6749 section 5). All else comes from something before it, or from its failure. */
const ANSWERS: ReadonlySet<number> = new Set([200, 400, 401]);

/** How the provider is called. */
export interface CallSettings {
  /** From the first to the last byte. */
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
}

/**
 * One call to the provider: the fetch that openid-client makes it with, and what became of it. No redirect is followed (a
 * code or a client secret would go to wherever it points), and time and size are bounded. Rejects with an
 * {@link UpstreamFailure}.
 */
export class ProviderCall {
  readonly #operation: string;
  readonly #settings: CallSettings;
  #wasMade = false;
  #httpStatusCode: number | undefined;

  constructor(operation: "Discovery" | "Token", settings: CallSettings) {
    this.#operation = operation;
    this.#settings = settings;
  }

  /** Whether anything was sent. Until then all that can be wrong is what was to be sent. */
  get wasMade(): boolean {
    return this.#wasMade;
  }

  /** HTTP status of the answer. */
  get httpStatusCode(): number | undefined {
    return this.#httpStatusCode;
  }

  readonly fetch: CustomFetch = async (url, { method, headers, body }) => {
    const { timeoutMs } = this.#settings;
    this.#wasMade = true;
    try {
      return await inTime(timeoutMs, (over) => {
        const sent = body instanceof URLSearchParams ? { body } : {};
        return this.#send(url, { method, headers, redirect: "manual", ...sent }, over);
      });
    } catch (error) {
      throw this.#asFailure(error);
    }
  };

  async #send(url: string, init: RequestInit, over: AbortSignal): Promise<Response> {
    const response = await this.#settings.fetch(url, { ...init, signal: over });
    const { status, headers, body } = response;
    this.#httpStatusCode = status;
    if (!ANSWERS.has(status)) {
      await body?.cancel();
      throw this.#failure("UnexpectedStatus");
    }
    const text = body === null ? "" : await readBounded(body, MAX_ANSWER_BYTES, over);
    // Only what the library is to judge: a challenge beside an error answer would hide which error it is.
    return new Response(text, { status, headers: { "content-type": headers.get("content-type") ?? "" } });
  }

  #asFailure(error: unknown): UpstreamFailure {
    if (error instanceof UpstreamFailure) return error;
    const { name, errno } = fetchFailureOf(error);
    return this.#failure(name, errno);
  }

  #failure(name: string, errno?: string): UpstreamFailure {
    return new UpstreamFailure(this.#operation, name, { httpStatusCode: this.#httpStatusCode, errno });
  }
}

let openIdClient: Promise<typeof import("openid-client")> | undefined;

/** Only who signs users in needs it. */
export function loadOpenIdClient(): Promise<typeof import("openid-client")> {
  openIdClient ??= import("openid-client");
  return openIdClient;
}
