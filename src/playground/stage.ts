import type { RequestListener } from "node:http";
import { type Clock, systemClock } from "../clock.js";
import type { SessionManager } from "../session/manager.js";
import type { Fault } from "../testing/faults.js";
import type { LocalCognito } from "../testing/local-cognito.js";
import { WatchedSessions } from "./watched-sessions.js";

/** The calls to Cognito that are counted. */
export const OPERATIONS = ["JWKS", "GetId", "GetCredentialsForIdentity"] as const;
export type Counts = Readonly<Record<(typeof OPERATIONS)[number], number>>;

const SLOW_MS = 2000;
const THROTTLED: Fault = { error: "TooManyRequestsException" };

/** What Cognito can be made to do, and how each of its operations then answers. */
const FAULTS = {
  up: {},
  throttled: { GetId: THROTTLED, GetCredentialsForIdentity: THROTTLED },
  slow: {
    JWKS: { delay: SLOW_MS },
    GetId: { delay: SLOW_MS },
    GetCredentialsForIdentity: { delay: SLOW_MS },
  },
  down: { JWKS: { reset: true }, GetId: { reset: true }, GetCredentialsForIdentity: { reset: true } },
} as const satisfies Record<string, Partial<Record<keyof Counts, Fault>>>;
export type Upstream = keyof typeof FAULTS;

/** Whether a text names something that Cognito can be made to do. */
export function isUpstream(value: unknown): value is Upstream {
  return typeof value === "string" && Object.hasOwn(FAULTS, value);
}

/** Makes the API under trial, for an engine. Called again for each restart. */
export type CreateApi = (sessions: SessionManager) => RequestListener;

/** The API under trial, and all that can be broken around it. */
export class Stage {
  readonly cognito: LocalCognito;
  readonly #createApi: CreateApi;
  /** What Cognito's clock says, in milliseconds since the epoch. */
  readonly cognitoNow: Clock;
  #sessions: WatchedSessions;
  #api: RequestListener;
  #skewSeconds = 0;
  #upstream: Upstream = "up";

  constructor(cognito: LocalCognito, createApi: CreateApi, clock: Clock = systemClock) {
    this.cognito = cognito;
    this.#createApi = createApi;
    this.cognitoNow = clock;
    this.#sessions = this.#newSessions();
    this.#api = createApi(this.#sessions);
  }

  /** What the API's clock says, in milliseconds since the epoch. */
  readonly now: Clock = () => this.cognitoNow() + this.#skewSeconds * 1000;

  get sessions(): WatchedSessions {
    return this.#sessions;
  }

  get api(): RequestListener {
    return this.#api;
  }

  get upstream(): Upstream {
    return this.#upstream;
  }

  get skewSeconds(): number {
    return this.#skewSeconds;
  }

  /** How often each operation was called. */
  get counts(): Counts {
    return {
      JWKS: this.cognito.requests("JWKS"),
      GetId: this.cognito.requests("GetId"),
      GetCredentialsForIdentity: this.cognito.requests("GetCredentialsForIdentity"),
    };
  }

  setUpstream(upstream: Upstream): void {
    const faults: Partial<Record<keyof Counts, Fault>> = FAULTS[upstream];
    for (const operation of OPERATIONS) this.cognito.fail(operation, faults[operation] ?? { times: 0 });
    this.#upstream = upstream;
  }

  /** Sets the API's clock wrong. Cognito's stays right. */
  setSkew(seconds: number): void {
    this.#skewSeconds = seconds;
  }

  /** The API with empty caches, as after a deployment. */
  async restart(): Promise<void> {
    const old = this.#sessions;
    this.#sessions = this.#newSessions();
    this.#api = this.#createApi(this.#sessions);
    await old.close();
  }

  #newSessions(): WatchedSessions {
    return new WatchedSessions(this.cognito.options, { clock: this.now });
  }
}
