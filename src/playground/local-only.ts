import type { IncomingMessage } from "node:http";

/** Names that no DNS answer can point elsewhere. */
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;

/**
 * Whether a request asked for this machine by a name of this machine. A page of somebody else's whose name was made to
 * point here (DNS rebinding) is same-origin to its browser; its `Host` gives it away.
 */
export function isForLoopback({ headers, headersDistinct }: IncomingMessage): boolean {
  return headersDistinct.host?.length === 1 && LOOPBACK.test(headers.host ?? "");
}

/**
 * Whether a request comes from the playground's own page. What changes something has to say so: browsers send `Origin` or
 * `Sec-Fetch-Site` with every such request, so one with neither is refused too.
 */
export function isFromOwnPage({ method, headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  const { origin, host } = headers;
  if (site !== undefined && site !== "same-origin") return false;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  return method === "GET" || site !== undefined || origin !== undefined;
}
