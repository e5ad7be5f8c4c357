import { AuthError } from "../errors/auth-error.js";
import { warnOnce } from "../errors/warn-once.js";
import { headerOf, type RequestHeaders } from "../tokens/bearer.js";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);
const REFUSED = {
  recoverySuggestion:
    "The request changes something, carries a session cookie and does not come from the application's own pages. Compare `origin` with what browsers see; clients that are no browsers send a bearer token.",
};

/**
 * Refuses what another site had the browser send. A cookie goes along with every request, so one that changes something
 * has to come from the application's own origin: `Sec-Fetch-Site` tells, where a browser sends it, else `Origin`. A
 * WebSocket changes something although it begins with GET, and no CORS stands before it. (Fetch Metadata; RFC 6454.)
 *
 * @param origin the application's; where it is not known, the request's own `Host` stands for it
 */
export function refuseCrossSite(request: RequestHeaders, origin: string | undefined): AuthError | undefined {
  const isUpgrade = headerOf(request, "upgrade") !== undefined;
  if (!isUpgrade && typeof request.method === "string" && SAFE_METHODS.has(request.method)) return undefined;
  if (isSameOrigin(request, origin)) return undefined;
  // The client is told no more than that it may not; whoever sets this up has to know why.
  warnOnce("cross_site", `${REFUSED.recoverySuggestion} It is ${origin ?? "not set"}.`);
  return new AuthError("forbidden", REFUSED);
}

function isSameOrigin(request: RequestHeaders, origin: string | undefined): boolean {
  const site = headerOf(request, "sec-fetch-site");
  // "none": the user's own doing, from outside of any page.
  if (site !== undefined) return site === "same-origin" || site === "none";
  const from = headerOf(request, "origin");
  if (from === undefined) return false;
  return origin === undefined ? isOfHost(from, headerOf(request, "host")) : from === origin;
}

/** A request of HTTP/2 may have no `Host`, and the origin "null" has none either: two that are missing are not the same. */
function isOfHost(origin: string, host: string | undefined): boolean {
  return host !== undefined && host !== "" && URL.canParse(origin) && new URL(origin).host === host;
}
