/** Seconds since the epoch that a Date can still hold (ECMA-262, time values). */
const LATEST_DATE_SECONDS = 8_640_000_000_000;

const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;
/** From how many of a unit on it is used: "90 minutes" says more than "2 hours". */
const LEAST = 2;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

/** A moment, for people. */
export interface ReadableTime {
  /** `2026-01-31T12:00:00Z` */
  readonly iso: string;
  /** `42 minutes ago`, `in 2 hours` */
  readonly relative: string;
}

/** What a claim like `exp` means; undefined for what is no time. */
export function readableTime(seconds: unknown, nowMs: number): ReadableTime | undefined {
  if (typeof seconds !== "number" || !(Math.abs(seconds) <= LATEST_DATE_SECONDS)) return undefined;
  const iso = new Date(seconds * 1000).toISOString().replace(/\.\d{3}Z$/, "Z");
  return { iso, relative: fromNow(seconds - nowMs / 1000) };
}

function fromNow(seconds: number): string {
  const whole = Math.trunc(seconds);
  if (whole === 0) return "now";
  const [unit, length] = UNITS.find(([, each]) => Math.abs(whole) >= LEAST * each) ?? UNITS[3];
  return relative.format(Math.trunc(whole / length), unit);
}
