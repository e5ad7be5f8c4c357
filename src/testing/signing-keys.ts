import {
  generateKeyPair,
  generateKeyPairSync,
  hash,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign,
} from "node:crypto";
import type { TokenUse } from "../tokens/claims.js";

const KIND = { modulusLength: 2048 };

/** A public signing key (RFC 7517). Node's own type of it has another name in each version of its declarations. */
export interface PublicJwk {
  readonly [parameter: string]: unknown;
  readonly kty: string;
  readonly n: string;
  readonly e: string;
  readonly kid: string;
  readonly alg: string;
  readonly use: string;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: PublicJwk;
}

/** A pool's signing keys. As at the real service, access and ID tokens are signed by different keys. */
export class SigningKeys {
  #current: Readonly<Record<TokenUse, SigningKey>> = takePair();
  #published: readonly SigningKey[] = Object.values(this.#current);

  /** New keys. The old ones stay in the key set if asked for, as they do while a real rotation lasts. */
  rotate(keepOld: boolean): void {
    this.#current = takePair();
    this.#published = [...Object.values(this.#current), ...(keepOld ? this.#published : [])];
  }

  /** The key set, as `jwks.json` shows it. */
  get keySet(): { keys: PublicJwk[] } {
    return { keys: this.#published.map(({ jwk }) => jwk) };
  }

  /** The public key for a `kid` that is published. */
  find(kid: unknown): PublicJwk | undefined {
    return this.#published.find((key) => key.kid === kid)?.jwk;
  }

  /** Signs any header and payload. */
  sign(use: TokenUse, header: object, payload: object): string {
    const { kid, privateKey } = this.#current[use];
    const input = `${encode({ kid, alg: "RS256", ...header })}.${encode(payload)}`;
    return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
  }
}

/** Making a key takes a tenth of a second: tests that start one pool after another find some ready. */
const SPARES = 2;
const spares: SigningKey[] = [];
let isMaking = false;

function takePair(): Record<TokenUse, SigningKey> {
  const pair = { access: takeKey(), id: takeKey() };
  makeSpares();
  return pair;
}

/** One after another: the tests want the processor too. */
function makeSpares(): void {
  if (isMaking || spares.length >= SPARES || stock.length > 0) return;
  isMaking = true;
  generateKeyPair("rsa", KIND, (error, publicKey, privateKey) => {
    isMaking = false;
    if (error !== null) return;
    spares.push(describeKey({ publicKey, privateKey }));
    makeSpares();
  });
}

let stock: readonly SigningKey[] = [];
let taken = 0;

/**
 * Has pools take these keys by turns in place of making their own: for suites that start hundreds of pools.
 *
 * @internal
 * @param pairs more than are in use at once, or two pools would share a key
 */
export function stockKeys(pairs: readonly KeyPairKeyObjectResult[]): void {
  stock = pairs.map(describeKey);
}

function takeKey(): SigningKey {
  const inStock = stock[taken % Math.max(1, stock.length)];
  taken += 1;
  if (inStock !== undefined) return inStock;
  return spares.pop() ?? describeKey(generateKeyPairSync("rsa", KIND));
}

function describeKey({ publicKey, privateKey }: KeyPairKeyObjectResult): SigningKey {
  const { n = "", e = "" } = publicKey.export({ format: "jwk" });
  const kid = hash("sha256", n, "base64").slice(0, 44);
  return { kid, privateKey, jwk: { kty: "RSA", n, e, kid, alg: "RS256", use: "sig" } };
}

/** Values that are undefined are left out by JSON. */
function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
