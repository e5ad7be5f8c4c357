import { createHash } from "node:crypto";
import * as v from "valibot";
import type { Sealing } from "../store/sealing.js";
import type { SignInSecrets } from "./managed-login.js";
import { MAX_RETURN_PATH_LENGTH } from "./return-path.js";

/** How long a user may take to sign in. */
export const PENDING_LIFETIME_MS = 10 * 60_000;
/** Sign-ins that one browser may have under way: one for each tab. */
export const MAX_PENDING = 4;

/** By so much the clocks of two servers may differ, of which one began the sign-in and the other ends it. */
const CLOCKS_DIFFER_MS = 60_000;
const SUFFIX_LENGTH = 12;
const SUFFIX = /^[\w-]{12}$/;

/** A sign-in under way. */
export interface PendingSignIn {
  readonly secrets: SignInSecrets;
  /** Path to go to afterwards, as `returnPathOf` gave it. */
  readonly returnTo: string;
  readonly startedAtMs: number;
}

const PENDING = v.strictObject({
  secrets: v.strictObject({ state: v.string(), nonce: v.string(), codeVerifier: v.string() }),
  returnTo: v.string(),
  startedAtMs: v.number(),
});

/**
 * What follows the base name and a dash in the name of a sign-in's cookie. Each has its own, so that tabs do not
 * overwrite each other's; it tells nothing of the state.
 */
export function pendingSuffix(state: string): string {
  return createHash("sha256").update(state).digest("base64url").slice(0, SUFFIX_LENGTH);
}

/**
 * A sign-in under way, as the cookie that its own browser keeps: a flood of them costs the server nothing. The value is
 * sealed under a name made of the state, so that it opens for the callback with that very state only. It is about 1 KB.
 *
 * @throws {RangeError} for a return path that is too long for a cookie
 */
export async function sealPending(
  sealing: Sealing,
  pending: PendingSignIn,
): Promise<{ cookieSuffix: string; value: string }> {
  if (pending.returnTo.length > MAX_RETURN_PATH_LENGTH) throw new RangeError("The return path is too long.");
  const { state } = pending.secrets;
  return { cookieSuffix: pendingSuffix(state), value: await sealing.seal(nameOf(sealing, state), pending) };
}

/**
 * The sign-in that a cookie holds; undefined where it is another's, was altered, or is not of the last ten minutes.
 *
 * @param state the callback's
 * @param value of the cookie that the state names
 */
export async function openPending(
  sealing: Sealing,
  { state, value, nowMs }: { readonly state: string; readonly value: unknown; readonly nowMs: number },
): Promise<PendingSignIn | undefined> {
  const { success, output } = v.safeParse(PENDING, await sealing.open(nameOf(sealing, state), value));
  if (!success || output.secrets.state !== state) return undefined;
  const ageMs = nowMs - output.startedAtMs;
  return ageMs >= -CLOCKS_DIFFER_MS && ageMs < PENDING_LIFETIME_MS ? output : undefined;
}

/**
 * Names of the cookies of sign-ins that are too many, to be expired: those given up would otherwise fill the request's
 * headers. Browsers send the oldest first (RFC 6265 section 5.4), and those go first.
 *
 * @param cookies the request's, in its order
 * @param baseName name that all of them begin with
 * @param keep how many may stay; one less than {@link MAX_PENDING} where a further one begins with the answer
 */
export function surplusPending(
  cookies: ReadonlyMap<string, unknown>,
  baseName: string,
  keep = MAX_PENDING,
): readonly string[] {
  const start = `${baseName}-`;
  const pending = [...cookies.keys()].filter((name) => name.startsWith(start) && SUFFIX.test(name.slice(start.length)));
  return pending.slice(0, Math.max(0, pending.length - keep));
}

function nameOf(sealing: Sealing, state: string): string {
  return sealing.nameOf("sign-in", state);
}
