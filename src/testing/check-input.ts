/**
 * Checks the fields of what a test handed over: a misspelt one would be passed over in silence, and the test would
 * show something else than it says.
 *
 * @param call what was called, for the message
 * @throws {TypeError} naming the field
 */
export function checkFields(call: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(`${call} takes an object with ${listOf(known)}.`);
  }
  const unknown = Object.keys(given).find((field) => !known.includes(field));
  if (unknown === undefined) return;
  throw new TypeError(`${call} knows no \`${unknown}\`. It takes ${listOf(known)}.`);
}

/** @throws {TypeError} for fields that are given and are no list */
export function checkLists(call: string, given: Readonly<Record<string, unknown>>): void {
  const wrong = Object.entries(given).find(([, value]) => value !== undefined && !Array.isArray(value));
  if (wrong !== undefined) throw new TypeError(`${call} takes a list as \`${wrong[0]}\`.`);
}

function listOf(fields: readonly string[]): string {
  return fields.map((field) => `\`${field}\``).join(", ");
}
