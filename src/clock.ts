/** Milliseconds since the epoch. Passed to whatever holds state, so that tests can move time. */
export type Clock = () => number;

/** The machine's clock. */
export const systemClock: Clock = Date.now;
