import { generateKeyPairSync, hash, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import type { PublicJwk } from "../stage.js";

const signAsync = promisify(sign);

/** An RS256 key of 2048 bits, as Cognito's are, and tokens signed by it. */
export class Signer {
  readonly jwk: PublicJwk;
  readonly pem: string;
  readonly #header: string;
  readonly #privateKey: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const { n = "", e = "" } = publicKey.export({ format: "jwk" });
    const kid = hash("sha256", n, "base64").slice(0, 44);
    this.jwk = { kty: "RSA", n, e, kid, alg: "RS256", use: "sig" };
    this.pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    this.#header = encode({ kid, alg: "RS256" });
    this.#privateKey = privateKey;
  }

  /** Off this thread: thousands are made. */
  async sign(payload: object): Promise<string> {
    const input = this.unsigned(payload);
    const signature = await signAsync("sha256", Buffer.from(input), this.#privateKey);
    return `${input}.${signature.toString("base64url")}`;
  }

  /** Header and payload. */
  unsigned(payload: object): string {
    return `${this.#header}.${encode(payload)}`;
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
