import { BodyTooLarge, inTime, MAX_ANSWER_BYTES, readBounded } from "../../bounded-answer.js";
import type { Clock } from "../../clock.js";
import { DeadlineExceeded } from "../../deadline.js";
import { errnoOf } from "../../errors/upstream-failure.js";

/** What a call is made with. */
export interface ProbeSettings {
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** There was an answer. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Whether it came compressed, though nobody asked for that. */
  readonly isCompressed: boolean;
  /** How far the answer's clock is before ours, in milliseconds; undefined where it does not say. */
  readonly aheadMs: number | undefined;
}

/** There was none: why, and what to do about it, in our words. */
export interface Silence {
  readonly why: string;
  readonly fix: string;
}

/** What is sent, where it is more than a question. */
interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks a service for something. No redirect is followed: it could lead anywhere. */
export async function probe(
  url: string,
  { timeoutMs, clock }: ProbeSettings,
  init: Asked = {},
): Promise<Answer | Silence> {
  const sentAtMs = clock();
  try {
    return await inTime(timeoutMs, async (over) => {
      const headers = { "accept-encoding": "identity", ...init.headers };
      const { status, body, headers: told } = await fetch(url, { ...init, headers, redirect: "manual", signal: over });
      const aheadMs = aheadOf(told, (sentAtMs + clock()) / 2);
      const text = body === null ? "" : await readBounded(body, MAX_ANSWER_BYTES, over);
      return { status, text, isCompressed: (told.get("content-encoding") ?? "identity") !== "identity", aheadMs };
    });
  } catch (error) {
    return silenceOf(error, timeoutMs);
  }
}

/** Whether nothing came back. */
export function isSilence(answer: Answer | Silence): answer is Silence {
  return "why" in answer;
}

/** What an answer holds, where it is JSON. */
export function jsonOf({ text }: Answer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `Date` has whole seconds, so half of one is the best guess; `Age` is how long a cache has kept the answer (RFC 9111). */
function aheadOf(headers: Headers, nowMs: number): number | undefined {
  const dateMs = Date.parse(headers.get("date") ?? "");
  const ageMs = Number(headers.get("age") ?? 0) * 1000;
  return Number.isFinite(dateMs) && ageMs >= 0 ? dateMs + ageMs + 500 - nowMs : undefined;
}

const UNRESOLVED = {
  why: "its name cannot be resolved",
  fix: "Check the Region in the ids and the endpoint's spelling, and whether this machine resolves names at all.",
};
const NO_ROUTE = { why: "there is no way to it", fix: "Check this machine's network, its proxy and VPC endpoints." };
const UNTRUSTED = {
  why: "its certificate is not trusted",
  fix: "Where a proxy looks into the traffic, name its certificate in NODE_EXTRA_CA_CERTS; check this machine's clock.",
};

const SILENCES: Readonly<Record<string, Silence>> = {
  ENOTFOUND: UNRESOLVED,
  EAI_AGAIN: UNRESOLVED,
  ECONNREFUSED: { why: "nothing listens there", fix: "Start the emulator, or correct the endpoint's host and port." },
  ECONNRESET: { why: "the connection was cut", fix: "Try again; if it lasts, look at the firewall or proxy between." },
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  CERT_HAS_EXPIRED: UNTRUSTED,
  CERT_NOT_YET_VALID: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: UNTRUSTED,
};

function silenceOf(error: unknown, timeoutMs: number): Silence {
  if (error instanceof BodyTooLarge)
    return { why: "its answer is too long", fix: "Check that the endpoint is Cognito's." };
  const errno = error instanceof Error ? (errnoOf(error.cause) ?? errnoOf(error)) : undefined;
  const isLate = error instanceof DeadlineExceeded;
  if (isLate || errno === "UND_ERR_CONNECT_TIMEOUT") {
    return {
      why: `no answer within ${timeoutMs / 1000} seconds`,
      fix: "Check the firewall, VPC endpoints and proxy (Node's fetch uses none by itself), or give `--timeout` more.",
    };
  }
  const known = errno !== undefined && Object.hasOwn(SILENCES, errno) ? SILENCES[errno] : undefined;
  return known ?? { why: "the connection failed", fix: "Check the endpoint, and this machine's way to it." };
}
