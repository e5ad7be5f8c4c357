import {
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  privateEncrypt,
  sign,
} from "node:crypto";
import { base64url } from "./attempt.js";

/**
 * A signing key of the tests' own that the attacked apps trust. It signs what no JSON writer makes, so that nothing but
 * the check at hand can refuse it.
 */
export class Mint {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: JsonWebKey;

  constructor(readonly kid: string) {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.privateKey = privateKey;
    this.publicKey = publicKey;
    this.jwk = { ...publicKey.export({ format: "jwk" }), kid: this.kid, alg: "RS256", use: "sig" };
  }

  /** A header of ours as JSON text. */
  header(extra: object = {}): string {
    return JSON.stringify({ kid: this.kid, alg: "RS256", ...extra });
  }

  /** Signs texts as they are. */
  sign(header: string | Buffer, payload: string | Buffer): string {
    return this.signSegments(base64url(header), base64url(payload));
  }

  /** Signs segments as they are spelled. */
  signSegments(header: string, payload: string): string {
    const input = `${header}.${payload}`;
    return `${input}.${sign("sha256", Buffer.from(input), this.privateKey).toString("base64url")}`;
  }

  /** A token that is signed by another algorithm, and rightly so. */
  signBy(alg: string, payload: string, key: KeyObject = this.privateKey): string {
    const input = `${base64url(this.header({ alg }))}.${base64url(payload)}`;
    return `${input}.${signatureBy(alg, Buffer.from(input), key).toString("base64url")}`;
  }

  /** An HMAC under something public. */
  hmac(alg: "HS256" | "HS384" | "HS512", secret: string | Buffer, payload: string): string {
    const input = `${base64url(this.header({ alg }))}.${base64url(payload)}`;
    return `${input}.${createHmac(`sha${alg.slice(2)}`, secret)
      .update(input)
      .digest("base64url")}`;
  }

  /** A PKCS #1 signature block around bytes of one's own, without the digest's name. */
  rawSignature(bytes: Buffer): string {
    return privateEncrypt({ key: this.privateKey, padding: constants.RSA_PKCS1_PADDING }, bytes).toString("base64url");
  }
}

function signatureBy(alg: string, input: Buffer, key: KeyObject): Buffer {
  if (alg === "EdDSA") return sign(null, input, key);
  const digest = `sha${alg.slice(2, 5)}`;
  if (alg.startsWith("ES")) return sign(digest, input, { key, dsaEncoding: "ieee-p1363" });
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  return alg.startsWith("PS") ? sign(digest, input, { key, padding, saltLength }) : sign(digest, input, key);
}

/** A public key as PEM. */
export function pem(key: JsonWebKey, type: "spki" | "pkcs1" = "spki"): string {
  return createPublicKey({ key, format: "jwk" }).export({ type, format: "pem" }).toString();
}

/** A public key as DER. */
export function der(key: JsonWebKey): Buffer {
  return createPublicKey({ key, format: "jwk" }).export({ type: "spki", format: "der" });
}
