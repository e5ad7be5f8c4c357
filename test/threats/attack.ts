import type {
  AuthErrorCode,
  AuthSession,
  AuthSessionOptions,
  ClaimCheck,
  SessionManager,
  SessionManagerParts,
} from "cognito-auth-session";
import type { Answer, RefusalDetails } from "../support/expectations.js";
import type { World } from "./context.js";

/** A request as it goes over the wire. */
export interface Attempt {
  readonly method?: string;
  /** Default: `/guarded` where the app has a guard, else `/me`. */
  readonly path?: string;
  /** Header lines without their line ends; a Buffer for bytes that are no text. */
  readonly lines: readonly (string | Buffer)[];
  readonly body?: string;
  /** Leave without waiting for the answer. */
  readonly hangUpAfterMs?: number;
}

/** A guard by its public name, with its arguments: each face makes its own kind of guard of it. */
export type GuardSpec =
  | readonly ["requireAuth"]
  | readonly ["requireGroup" | "requireEveryGroup" | "requireScope" | "requireAnyScope", ...string[]]
  | readonly ["requireClaim", string, ClaimCheck]
  | readonly ["requireCredentials"]
  | readonly ["authorize", (session: AuthSession) => boolean | Promise<boolean>];

/** The app that is attacked. */
export interface AppUnderAttack {
  readonly options?: AuthSessionOptions;
  readonly parts?: SessionManagerParts;
  readonly guard?: GuardSpec;
  /** What stands where the session belongs, in an app that does not mount ours. */
  readonly inPlaceOfSession?: { readonly value: unknown };
  /** A token of ada's that this app takes. Default: the pool's. */
  readonly good?: () => string;
}

/** What may be looked at around an attack. */
export interface Stage {
  readonly world: World;
  readonly sessions: SessionManager;
  ask(attempt: Attempt): Promise<Answer>;
  /** How often keys were asked for since the row began: of the pools trusted, and of the stranger. */
  keyCalls(): { readonly ours: number; readonly strangers: number };
}

/** A refusal, all of it but these details by the error table. */
export interface Refused extends RefusalDetails {
  readonly code: AuthErrorCode;
  /** For the server only: the claim that the error names. */
  readonly claim?: string | undefined;
}

/** What an attack comes to. */
export type Verdict =
  | Refused
  /** Nothing was gained: 200, and the body holds this. */
  | { readonly harmless: Readonly<Record<string, unknown>> }
  /** The HTTP parser refuses it before any code of ours. */
  | { readonly parser: 400 | 431 };

/** One row of a table. */
export interface Attack {
  readonly name: string;
  /** Several attempts are spellings of one attack: each gets the same answer. */
  readonly send: (world: World) => Attempt | readonly Attempt[];
  readonly verdict: Verdict;
  readonly app?: (world: World) => AppUnderAttack | Promise<AppUnderAttack>;
  /** What comes first: a fault, a request that warms a cache. */
  readonly prepare?: (stage: Stage) => unknown;
  /** What must hold then, beyond the answer. */
  readonly after?: (stage: Stage) => unknown;
  /** Longest time for the answer, in milliseconds. Default 2000. */
  readonly withinMs?: number;
}

/** A table of attacks of one kind. */
export interface AttackGroup {
  /** As in the threat model, for `--grep`. */
  readonly title: string;
  readonly attacks: readonly Attack[];
}

type Extras = Pick<Attack, "app" | "prepare" | "after" | "withinMs">;

/** An attack that is refused. */
export function refused(
  name: string,
  send: Attack["send"],
  code: AuthErrorCode,
  more: Extras & RefusalDetails & { readonly claim?: string } = {},
): Attack {
  const { name: errorName, scope, realm, claim, ...extras } = more;
  return { name, send, verdict: { code, name: errorName, scope, realm, claim }, ...extras };
}

/** An attack that gains nothing: the answer is the one that the good part of the request deserves. */
export function harmless(
  name: string,
  send: Attack["send"],
  body: Readonly<Record<string, unknown>> = {},
  extras: Extras = {},
): Attack {
  return { name, send, verdict: { harmless: body }, ...extras };
}

/** An attack that does not get past the HTTP parser. */
export function unparsable(name: string, send: Attack["send"], status: 400 | 431): Attack {
  return { name, send, verdict: { parser: status } };
}

/** Has good tokens served as often as it takes for them to be remembered. */
export async function remember({ ask }: Stage, attempt: Attempt): Promise<void> {
  for (const _sight of [1, 2]) {
    const { status } = await ask(attempt);
    if (status !== 200) throw new Error("The tokens were to be good.");
  }
}
