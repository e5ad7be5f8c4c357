import { assetText } from "./asset-texts.js";

const TYPES = { html: "text/html", css: "text/css", js: "text/javascript", svg: "image/svg+xml" } as const;

/** The page's files. */
const NAMES = [
  "index.html",
  "style.css",
  "result.css",
  "icon.svg",
  "main.js",
  "dom.js",
  "server.js",
  "times.js",
  "token-panel.js",
  "mint-form.js",
  "call-panel.js",
  "session-panel.js",
  "break-panel.js",
] as const;

/**
 * Everything comes from here and is a file of its own: no script or style in the page, nothing from elsewhere. Text can
 * become markup nowhere (Trusted Types), not even by mistake.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** Headers of every file of the page. */
export const PAGE_HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
} as const;

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly text: string;
}

/** The page's file at a path: `/` is the page itself. */
export function assetAt(path: string): Asset | undefined {
  const name = NAMES.find((each) => path === (each === "index.html" ? "/" : `/playground/${each}`));
  if (name === undefined) return undefined;
  // Safe: every name above ends with one of the types.
  const ending = name.slice(name.lastIndexOf(".") + 1) as keyof typeof TYPES;
  return { type: `${TYPES[ending]}; charset=utf-8`, text: assetText(name) };
}
