import leven from "leven";

/** The command line cannot be understood. Its message is for the user, and quotes nothing that could be a secret. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Longer ones are no slip of a name, and may be a token that was put in the wrong place. */
const MAX_QUOTED = 40;

/** What was typed, if it may be shown. */
export function quoted(typed: string): string {
  return /^[\w@:.=-]+$/.test(typed) && typed.length <= MAX_QUOTED ? ` \`${typed}\`` : "";
}

/** ` Did you mean ...?`, or nothing where no name is near. */
export function suggest(typed: string, names: readonly string[], prefix = ""): string {
  const distance = (name: string) => leven(typed.toLowerCase(), name, { maxDistance: MAX_QUOTED });
  const [nearest] = [...names].sort((a, b) => distance(a) - distance(b));
  if (nearest === undefined || distance(nearest) > Math.max(2, nearest.length / 3)) return "";
  return ` Did you mean \`${prefix}${nearest}\`?`;
}
