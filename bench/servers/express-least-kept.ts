import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { byHand } from "../by-hand.js";
import type { Stage } from "../stage.js";
import { expressApp } from "./express-app.js";

const KEPT_TOKENS = 1000;
const TOKEN = /Bearer (([\w-]+)\.([\w-]+)\.[\w-]+)/g;

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
  for (const [, token = "", header = "", payload = ""] of readFileSync(path, "latin1").matchAll(TOKEN)) {
    claimsByDigest.set(digestOf(token), { header: parse(header), payload: parse(payload) });
    if (claimsByDigest.size === KEPT_TOKENS) break;
  }
  return claimsByDigest;
}

function parse(part: string): unknown {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}

function digestOf(token: string): string {
  return hash("sha256", token, "binary");
}
