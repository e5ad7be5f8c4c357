import { type Channel, channel } from "node:diagnostics_channel";
import type { AuthNotices } from "./messages.js";

/** A plain channel, which tells of what has happened. Ask {@link isWatched} before making a message. */
export class Notice<Name extends keyof AuthNotices> {
  readonly #channel: Channel;

  constructor(name: Name) {
    this.#channel = channel(name);
  }

  /** Whether anybody listens. */
  get isWatched(): boolean {
    return this.#channel.hasSubscribers;
  }

  publish(message: AuthNotices[Name]): void {
    this.#channel.publish(message);
  }
}
