/** Where the engine's own objects are frozen, the limit cannot be set, and stacks are captured as ever. */
const CAN_LIMIT = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit")?.writable === true;

/** How many frames errors capture from now on. */
export function limitStack(frames: number): void {
  if (CAN_LIMIT) Error.stackTraceLimit = frames;
}

/**
 * Runs something whose errors say all they have to say by their class: capturing a stack costs more than most refusals.
 * Synchronous, so nobody else's errors lose theirs.
 */
export function withoutStack<T>(run: () => T): T {
  const limit = Error.stackTraceLimit;
  limitStack(0);
  try {
    return run();
  } finally {
    limitStack(limit);
  }
}
