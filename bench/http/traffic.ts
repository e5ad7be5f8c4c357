import type { Stream } from "../load/messages.js";
import type { Scale } from "../scale.js";
import type { Stage, TokenKind } from "../stage.js";
import type { Server } from "./server.js";

/** What is sent to servers. */
export interface Traffic {
  readonly tokens: TokenKind;
  /** How many tokens come again and again. */
  readonly repeated: number;
  /** Each so many requests one has a token that the server never saw. */
  readonly newEvery?: number;
}

/** The first tokens are the hot ones in all workloads; those after them are sent to a process once. */
export function streamFor(server: Server, { tokens, repeated, newEvery }: Traffic, stage: Stage, scale: Scale): Stream {
  const file = stage.requests[tokens];
  const once = { file, from: Math.max(scale.hotTokens, server.onceAt), to: scale.goodTokens };
  return {
    ...(repeated > 0 && { repeated: { file, from: 0, to: repeated, at: server.repeatedAt } }),
    ...(newEvery !== undefined && { once: { ...once, every: newEvery } }),
  };
}

/** How many tokens are left that this process did not see. */
export function unseen(server: Server, scale: Scale): number {
  return scale.goodTokens - Math.max(scale.hotTokens, server.onceAt);
}
