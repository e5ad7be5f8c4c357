import { createHash } from "node:crypto";
import type { AuthError } from "../errors/auth-error.js";
import { ERROR_TABLE } from "../errors/table.js";

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:18vh auto 0;padding:0 1.5rem}h1{font-size:1.35rem;margin:0 0 .5rem}p{margin:0 0 1.5rem;opacity:.8}a{display:inline-block;padding:.55rem 1.1rem;border-radius:.5rem;background:#1f5eff;color:#fff;text-decoration:none}small{display:block;margin-top:2.5rem;opacity:.6}`;
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");
const OUTAGE = "The fault is on our side. Please try again in a moment.";

/** Of the page: it holds no script and loads nothing. */
export const FAILURE_PAGE_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** What came to nothing. */
export type FailedStep = "sign-in" | "sign-out";

/** Own paths, checked when the routes were made. */
export interface FailurePagePaths {
  readonly signIn: string;
  /** Of the application itself. */
  readonly home: string;
}

/** What a person sees whose sign-in or sign-out came to nothing. All texts are ours. */
export function failurePage(error: AuthError, step: FailedStep, { signIn, home }: FailurePagePaths): string {
  const [title, text] = step === "sign-in" ? signInTexts(error) : signOutTexts(error);
  const [href, label] = step === "sign-in" ? [signIn, "Sign in again"] : [home, "Back to the application"];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
<p>${text}</p>
<a href="${href}">${label}</a>
<small>${error.code}</small>
</body>
</html>
`;
}

type Texts = readonly [title: string, text: string];

function signInTexts({ code, status }: AuthError): Texts {
  if (status >= 500) return ["Signing in does not work right now", OUTAGE];
  if (code === "invalid_request") {
    return [
      "You are not signed in",
      "The sign-in took too long, was begun in another browser, or had been used already.",
    ];
  }
  return [
    "You are not signed in",
    code === "forbidden" ? "The sign-in was cancelled, or refused." : ERROR_TABLE[code].detail,
  ];
}

/** Whoever walks away from a shared machine has to know that the session goes on. */
function signOutTexts({ code, status }: AuthError): Texts {
  if (status >= 500) return ["You are still signed in", OUTAGE];
  return [
    "You have not been signed out",
    code === "forbidden"
      ? "The request did not come from a page of the application. Sign out there."
      : ERROR_TABLE[code].detail,
  ];
}
