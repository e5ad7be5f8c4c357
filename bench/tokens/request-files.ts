import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { LocalCognito } from "cognito-auth-session/testing";
import type { Scale } from "../scale.js";
import type { Pool, TokenKind } from "../stage.js";
import { accessClaims, expiredClaims, idClaims } from "./claims.js";
import type { Signer } from "./signer.js";

/** So many signatures are under way at a time. */
const BATCH = 256;

/** Who makes the tokens, and how many. */
export interface TokenParts {
  readonly signer: Signer;
  readonly pool: Pool;
  readonly cognito: LocalCognito;
  readonly scale: Scale;
}

/** Writes every kind of token as requests that are ready to be sent: signing is slow, and nothing of it is measured. */
export async function writeRequestFiles(folder: string, parts: TokenParts): Promise<Record<TokenKind, string>> {
  const { signer, pool, cognito, scale } = parts;
  const file = (kind: TokenKind) => `${folder}/${kind}.http`;
  await write(file("good"), scale.goodTokens, () => signer.sign(accessClaims(pool)));
  await write(file("expired"), scale.expiredTokens, () => signer.sign(expiredClaims(pool)));
  await write(file("id"), scale.idTokens, () => cognito.signToken({ tokenUse: "id", claims: idClaims() }));
  await write(file("garbage"), scale.forgedTokens, garbage);
  await write(file("forged"), scale.forgedTokens, () => `${signer.unsigned(accessClaims(pool))}.${randomText(256)}`);
  return {
    good: file("good"),
    expired: file("expired"),
    id: file("id"),
    garbage: file("garbage"),
    forged: file("forged"),
  };
}

/** In the form of a token, and as long as one, but nothing in it. */
function garbage(): string {
  return [66, 570, 256].map(randomText).join(".");
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

async function write(path: string, count: number, make: () => string | Promise<string>): Promise<void> {
  async function* requests() {
    for (let made = 0; made < count; made += BATCH) {
      const tokens = await Promise.all(Array.from({ length: Math.min(BATCH, count - made) }, make));
      yield tokens.map(requestOf).join("");
    }
  }
  await pipeline(requests, createWriteStream(path));
}

function requestOf(token: string): string {
  return `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\nAuthorization: Bearer ${token}\r\n\r\n`;
}
