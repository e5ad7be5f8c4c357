import { hash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { byHand } from "../by-hand.js";
import type { Stage } from "../stage.js";
import { expressApp } from "./express-app.js";

/** Holds a thousand requests or so. Of the whole file, V8 would keep the text, and collect garbage less often. */
const READ_BYTES = 1.5 * 1024 * 1024;
const TOKEN = /Bearer (([\w-]+)\.([\w-]+)\.[\w-]+)\r\n/g;

/** As `express-least`, with what no cache of tokens can do without in its heap: a verifier, and the claims of each token. */
export const serve = (stage: Stage) => {
  const verifier = byHand(stage);
  const claimsByDigest = readClaims(stage.requests.good);
  return expressApp((request, _response, next) => {
    const attached: { authSession?: unknown } = request;
    attached.authSession = claimsByDigest.get(digestOf(request.headers.authorization?.slice(7) ?? "")) ?? verifier;
    next();
  });
};

function readClaims(path: string): ReadonlyMap<string, unknown> {
  const claimsByDigest = new Map<string, unknown>();
  for (const [, token = "", header = "", payload = ""] of beginningOf(path).matchAll(TOKEN)) {
    claimsByDigest.set(digestOf(token), { header: parse(header), payload: parse(payload) });
  }
  return claimsByDigest;
}

function beginningOf(path: string): string {
  const bytes = Buffer.alloc(READ_BYTES);
  const file = openSync(path, "r");
  try {
    return bytes.toString("latin1", 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function parse(part: string): unknown {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}

function digestOf(token: string): string {
  return hash("sha256", token, "binary");
}
