import { createHmac, hkdfSync } from "node:crypto";

const ALGORITHMS = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
/** The longest value that is looked at. What this package seals is a few kilobytes. */
const MAX_SEALED_LENGTH = 256 * 1024;

/**
 * Names and seals entries under one secret. A name is a keyed digest, so it tells nothing. A value is a JWE (RFC 7516;
 * direct encryption, A256GCM) under a key that is derived from the name: copied to another name it cannot be opened,
 * and no key seals so often that a nonce could come twice.
 */
export class Sealing {
  readonly #secret: Uint8Array;
  readonly #nameKey: Uint8Array;

  /** @param secret 32 bytes */
  constructor(secret: Uint8Array) {
    this.#secret = secret;
    this.#nameKey = derive(secret, "names");
  }

  /** The name of an entry in the store. */
  nameOf(kind: string, key: string): string {
    return createHmac("sha256", this.#nameKey).update(`${kind}\n${key}`).digest("base64url");
  }

  /** A JSON value, sealed for one name. */
  async seal(name: string, value: unknown): Promise<string> {
    const { CompactEncrypt } = await loadJose();
    return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .encrypt(this.#keyOf(name));
  }

  /** The value that was sealed for this name; undefined for anything else. */
  async open(name: string, sealed: unknown): Promise<unknown> {
    if (typeof sealed !== "string" || sealed.length > MAX_SEALED_LENGTH) return undefined;
    const { compactDecrypt } = await loadJose();
    try {
      const { plaintext } = await compactDecrypt(sealed, this.#keyOf(name), ALGORITHMS);
      return JSON.parse(Buffer.from(plaintext).toString("utf8"));
    } catch {
      return undefined;
    }
  }

  #keyOf(name: string): Uint8Array {
    return derive(this.#secret, `content ${name}`);
  }
}

/** HKDF (RFC 5869): one secret, a key of its own for each use. */
function derive(secret: Uint8Array, use: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "cognito-auth-session", use, 32));
}

let jose: Promise<typeof import("jose")> | undefined;

/** Only who shares a store needs it. */
export function loadJose(): Promise<typeof import("jose")> {
  jose ??= import("jose");
  return jose;
}
