import type { Attempt } from "./attack.js";

/** A bearer token, and an ID token beside it if there is one. */
export function bearer(token: string, idToken?: string): Attempt {
  return lines(`Authorization: Bearer ${token}`, ...(idToken === undefined ? [] : [`X-Id-Token: ${idToken}`]));
}

/** Header lines as they are. */
export function lines(...headerLines: (string | Buffer)[]): Attempt {
  return { lines: headerLines };
}

/** Header lines whose characters are bytes. */
export function bytes(...headerLines: string[]): Attempt {
  return { lines: headerLines.map((line) => Buffer.from(line, "latin1")) };
}

export const base64url = (value: string | Buffer): string => Buffer.from(value).toString("base64url");

/** Header, payload and signature of a token. */
export function segmentsOf(token: string): [string, string, string] {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return [header, payload, signature];
}

/** A decoded segment. */
export function readSegment(segment: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(segment, "base64url").toString());
}
