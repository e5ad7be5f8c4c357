import { randomBytes } from "node:crypto";
import type { Answer } from "../endpoint.js";
import { STYLE } from "./style.js";

/** A piece of a page, in which everything is escaped that must be. */
export class Html {
  constructor(readonly text: string) {}
}

type Content = string | Html | readonly Html[];

/** A piece of a page. Texts put into it are escaped, pieces are not. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(parts.map((part, index) => part + textOf(contents[index] ?? "")).join(""));
}

/** A whole page. Nothing in it comes from elsewhere, no script runs, and no other site may frame it. */
export function page(status: number, title: string, content: Html): Answer {
  const nonce = randomBytes(16).toString("base64url");
  const head = html`<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title}</title><style nonce="${nonce}">${new Html(STYLE)}</style>`;
  return {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      // No form-action: browsers apply it to every redirect that follows, so also to where the app leads on to.
      "Content-Security-Policy": `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`,
      "X-Frame-Options": "DENY",
      "X-Content-Type-Options": "nosniff",
      // With no-referrer the form's own Origin header would be "null".
      "Referrer-Policy": "same-origin",
      "Cache-Control": "no-store",
    },
    body: html`<!doctype html><html lang="en"><head>${head}</head><body>${content}</body></html>`.text,
  };
}

function textOf(content: Content): string {
  if (typeof content === "string") return escapeHtml(content);
  return content instanceof Html ? content.text : content.map(({ text }) => text).join("");
}

function escapeHtml(text: string): string {
  return text.replace(/[<>&"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
