import type { VerifiedToken } from "../tokens/verified-token.js";

/** Whose sessions end: all of a user's, or those of one sign-in. */
export type RevocationTarget =
  | {
      /** The user: `sub` of the tokens. */
      readonly userSub: string;
    }
  | {
      /** The sign-in: `origin_jti` of the tokens. */
      readonly originJti: string;
    };

/** @throws {TypeError} for anything that does not name exactly one user or sign-in */
export function checkTarget(target: RevocationTarget): RevocationTarget {
  const [entry, ...others] = Object.entries(target ?? {});
  const [name, value] = entry ?? [];
  const isOne = others.length === 0 && (name === "userSub" || name === "originJti");
  if (isOne && typeof value === "string" && value !== "") {
    // The caller's own object may change while others are told.
    return name === "userSub" ? { userSub: value } : { originJti: value };
  }
  throw new TypeError("revoke() takes { userSub } or { originJti }, one of them, as a non-empty string.");
}

/** What tokens may be revoked by. */
export function targetsOf(...tokens: readonly (VerifiedToken | undefined)[]): readonly RevocationTarget[] {
  const targets = new Map<string, RevocationTarget>();
  for (const token of tokens) {
    if (token === undefined) continue;
    const { sub, originJti } = token;
    for (const target of [{ userSub: sub }, ...(originJti === undefined ? [] : [{ originJti }])]) {
      targets.set(keyOf(target), target);
    }
  }
  return [...targets.values()];
}

/** The name of a target in the register. */
export function keyOf(target: RevocationTarget): string {
  return "userSub" in target ? userKey(target.userSub) : `sign-in ${target.originJti}`;
}

/** The name of a user in the register. */
export function userKey(sub: string): string {
  return `user ${sub}`;
}
