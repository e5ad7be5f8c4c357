/** A JSON object, as parsed. Look up own properties only. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Tokens never nest deeply; a bound keeps recursion over claims safe. */
const MAX_DEPTH = 32;

/** Whether a parsed value is a JSON object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses a JSON object as strictly as a token needs it: no duplicate names (RFC 7519 section 4 lets a parser take
 * the last one, so two parsers could see two tokens), no `__proto__`, bounded depth. Returns undefined when it is not.
 */
export function parseStrictObject(text: string): JsonObject | undefined {
  // Before it is parsed: thousands of nested lists cost the parser a dozen times what as much text of another kind does.
  if (hasManyBrackets(text) && countWritten(text) === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  // A name that stands twice is written twice but kept once: its text is longer than what was kept needs.
  return shortestLength(value) === text.length || countMembers(value) === countWritten(text) ? value : undefined;
}

/** An own property; never an inherited one. */
export function ownValue(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Freezes a parsed JSON value with all that is in it. */
export function deepFreeze<T>(value: T): T {
  if (Array.isArray(value)) {
    for (const entry of value) deepFreeze(entry);
    Object.freeze(value);
  } else if (isJsonObject(value)) {
    for (const name of Object.keys(value)) deepFreeze(value[name]);
    Object.freeze(value);
  }
  return value;
}

/** A JSON value in one spelling: names sorted, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value) ?? "null";
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`);
  return `{${members.join(",")}}`;
}

/** Whether a text has more brackets than it may be deep. */
function hasManyBrackets(text: string): boolean {
  return countUpTo(text, "{", MAX_DEPTH + 1) + countUpTo(text, "[", MAX_DEPTH + 1) > MAX_DEPTH;
}

function countUpTo(text: string, character: string, most: number): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1 && count < most; at = text.indexOf(character, at + 1)) count += 1;
  return count;
}

/**
 * Characters that a value takes at least in a JSON text, which is what it takes in most tokens: no white space, no escapes.
 * NaN, which no length is equal to, where that is not known: for a name that is `__proto__`, and for numbers that may be
 * shorter with an exponent, as 1e3 is.
 */
function shortestLength(value: unknown): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value === "number") {
    const isShortest = Number.isSafeInteger(value) && value >= 0 && (value < 1000 || value % 1000 !== 0);
    return isShortest ? String(value).length : Number.NaN;
  }
  if (Array.isArray(value)) {
    let length = 1 + Math.max(1, value.length);
    for (const entry of value) length += shortestLength(entry);
    return length;
  }
  if (!isJsonObject(value)) return String(value).length; // true, false, null
  const names = Object.keys(value);
  let length = 1 + Math.max(1, names.length);
  for (const name of names) length += name === "__proto__" ? Number.NaN : name.length + 3 + shortestLength(value[name]);
  return length;
}

/** Members written in a JSON text: one colon outside strings each. Undefined where it nests too deeply. */
function countWritten(text: string): number | undefined {
  let members = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case 0x22: // "
        index = endOfString(text, index);
        break;
      case 0x3a: // :
        members += 1;
        break;
      case 0x7b: // {
      case 0x5b: // [
        depth += 1;
        if (depth > MAX_DEPTH) return undefined;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1;
        break;
    }
  }
  return members;
}

/** The closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === 0x5c) backslashes += 1;
  return backslashes % 2 === 1;
}

/** Members kept in a parsed value; NaN, which no count is equal to, where a name is `__proto__`. */
function countMembers(value: unknown): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const entry of value) count += countMembers(entry);
  } else if (isJsonObject(value)) {
    for (const name of Object.keys(value)) count += name === "__proto__" ? Number.NaN : 1 + countMembers(value[name]);
  }
  return count;
}
