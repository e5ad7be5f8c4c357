import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import type { AuthDiagnostics, AuthNotices, AuthOperations } from "cognito-auth-session";

const OPERATIONS = ["verify", "exchange", "refresh", "jwks", "store"] as const;
const NOTICES = ["guard", "request", "eviction"] as const;
const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;

type Short = (typeof OPERATIONS)[number] | (typeof NOTICES)[number];

/** One event, as it was when it came. */
export interface Told {
  readonly channel: Short;
  /** Of a tracing channel. */
  readonly event: (typeof EVENTS)[number] | undefined;
  readonly message: object;
  /** The same object in all events of one operation. */
  readonly identity: unknown;
}

/** Subscribes to every channel and keeps what comes. */
export class DiagnosticsRecorder {
  readonly told: Told[] = [];
  /** Everything that was ever told, as a careless logger would write it. */
  text = "";
  readonly #stops: (() => void)[] = [];

  constructor() {
    for (const channel of OPERATIONS) {
      const channels = tracingChannel(`cognito-auth-session:${channel}` satisfies keyof AuthOperations);
      for (const event of EVENTS) {
        const listener = (message: unknown) => this.#keep(channel, event, message);
        channels[event].subscribe(listener);
        this.#stops.push(() => void channels[event].unsubscribe(listener));
      }
    }
    for (const channel of NOTICES) {
      const name = `cognito-auth-session:${channel}` satisfies keyof AuthNotices;
      const listener = (message: unknown) => this.#keep(channel, undefined, message);
      subscribe(name, listener);
      this.#stops.push(() => void unsubscribe(name, listener));
    }
  }

  /** Names of events and messages of some channels, in their order, and forgets them and all others. */
  take(...channels: readonly Short[]): (readonly [string, object])[] {
    return this.told
      .splice(0)
      .filter(({ channel }) => channels.includes(channel))
      .map(({ channel, event, message }) => [event === undefined ? channel : `${channel} ${event}`, message]);
  }

  /** What operations of one kind came to: their messages when they were done. */
  done<Name extends (typeof OPERATIONS)[number]>(channel: Name): AuthDiagnostics[`cognito-auth-session:${Name}`][] {
    return this.told
      .splice(0)
      .filter((each) => each.channel === channel && "outcome" in each.message && each.event !== "error")
      .filter(({ event }) => event === "end" || event === "asyncEnd")
      .map(({ message }) => message as AuthDiagnostics[`cognito-auth-session:${Name}`]);
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #keep(channel: Short, event: Told["event"], message: unknown): void {
    this.text += `${inspect(message, { depth: 9, showHidden: true })} ${JSON.stringify(message)}\n`;
    this.told.push({ channel, event, message: { ...(message as object) }, identity: message });
  }
}
