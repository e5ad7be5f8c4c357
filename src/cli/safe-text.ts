/** Control characters and what cannot be seen: a terminal would obey the ones, a reader be misled by the others. */
const UNSEEN = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A value as JSON that is safe on a terminal: every character that is not visible is escaped, so the JSON says the same.
 *
 * @param indent spaces to a level; without it all stands on one line
 */
export function safeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent) ?? "null";
  return text.replace(UNSEEN, escapeUnits);
}

/** A text that somebody else wrote, safe on a terminal and on one line. */
export function safeText(text: string): string {
  return safeJson(text).slice(1, -1).replaceAll('\\"', '"');
}

function escapeUnits(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
