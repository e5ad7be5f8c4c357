import type { Parameters } from "./parameters.js";
import type { Random } from "./random.js";

const DAY = 24 * 3600;

/** The users who sign in while we look: when, until when they stay, and whether the store does not know them. */
export interface Crowd {
  readonly size: number;
  readonly arrivesAt: Int32Array;
  readonly leavesAt: Float64Array;
  readonly isUnknown: Uint8Array;
}

/** Draws the users of a day. */
export function drawCrowd(parameters: Parameters, random: Random): Crowd {
  const { users, sample, sessionSeconds, from, to } = parameters;
  const unknownShare = unknownShareOf(parameters);
  const arrivals: number[] = [];
  for (let user = 0; user < users / sample; user += 1) {
    const at = Math.floor(arrivalOf(user, parameters, random));
    if (at >= from && at < to) arrivals.push(at);
  }
  const size = arrivals.length;
  const leavesAt = new Float64Array(size);
  const isUnknown = new Uint8Array(size);
  for (const [user, at] of arrivals.entries()) {
    leavesAt[user] = at + random.exponential(sessionSeconds);
    isUnknown[user] = random.next() < unknownShare ? 1 : 0;
  }
  return { size, arrivesAt: Int32Array.from(arrivals), leavesAt, isUnknown };
}

/** Share of the users who sign in whose identity id the store does not have. */
export function unknownShareOf({ newShare, identityDays, identityKeptByUse }: Parameters): number {
  return identityKeptByUse === 1 ? newShare : newShare + (1 - newShare) / identityDays;
}

function arrivalOf(user: number, parameters: Parameters, random: Random): number {
  const { sample, rushUsers, rushAt, rushSeconds, morningShare, morningAt, morningSpread } = parameters;
  if (user < rushUsers / sample) return rushAt + random.next() * rushSeconds;
  if (random.next() >= morningShare) return random.next() * DAY;
  return (random.normal(morningAt, morningSpread) + DAY) % DAY;
}
