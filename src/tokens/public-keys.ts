import { createPublicKey } from "node:crypto";
import { isJsonObject, type JsonObject, ownValue } from "./json.js";
import { SignatureJudge } from "./signature-judge.js";

/** The one algorithm Cognito signs with. */
export const ALGORITHM = "RS256";

const MIN_MODULUS_BITS = 2048;
/** Four times what Cognito uses; a check against a key of a hundred thousand bits would take the process' whole time. */
const MAX_MODULUS_BITS = 8192;
const MAX_KEYS = 100;

/** A key of the set that signatures are checked with. */
export interface TrustedKey {
  readonly kid: string;
  readonly judge: SignatureJudge;
  readonly modulus: string;
  readonly exponent: string;
  /** Set once the pool no longer publishes the key; tokens it signed are then refused, remembered ones too. */
  withdrawn: boolean;
}

/**
 * The usable keys of a key set, by `kid`: public RSA signature keys of 2048 bits or more. Others are passed over, so one
 * bad key does not sink the set. Returns undefined where there is no key set or no usable key.
 */
export function readKeySet(document: unknown): Map<string, TrustedKey> | undefined {
  if (!isJsonObject(document)) return undefined;
  const listed = ownValue(document, "keys");
  if (!Array.isArray(listed)) return undefined;
  const keys = new Map<string, TrustedKey>();
  for (const jwk of listed.slice(0, MAX_KEYS)) {
    const key = readKey(jwk);
    if (key !== undefined && !keys.has(key.kid)) keys.set(key.kid, key);
  }
  return keys.size > 0 ? keys : undefined;
}

function readKey(jwk: unknown): TrustedKey | undefined {
  if (!isJsonObject(jwk) || !isPublicSignatureKey(jwk)) return undefined;
  const { kid, n, e } = jwk;
  if (typeof kid !== "string" || kid === "" || typeof n !== "string" || typeof e !== "string") return undefined;
  try {
    const keyObject = createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" });
    const { modulusLength = 0, publicExponent = 0n } = keyObject.asymmetricKeyDetails ?? {};
    if (modulusLength < MIN_MODULUS_BITS || modulusLength > MAX_MODULUS_BITS) return undefined;
    // An exponent of 1 would make every signature valid.
    if (publicExponent < 3n || publicExponent % 2n === 0n) return undefined;
    const judge = new SignatureJudge({ kty: "RSA", use: "sig", alg: ALGORITHM, kid, n, e });
    return { kid, judge, modulus: n, exponent: e, withdrawn: false };
  } catch {
    return undefined;
  }
}

/** A private key in public is a leaked key. (RFC 7517 section 4, RFC 7518 section 6.3.) */
function isPublicSignatureKey(jwk: JsonObject): boolean {
  const use = ownValue(jwk, "use");
  const alg = ownValue(jwk, "alg");
  const operations = ownValue(jwk, "key_ops");
  return (
    ownValue(jwk, "kty") === "RSA" &&
    (use === undefined || use === "sig") &&
    (alg === undefined || alg === ALGORITHM) &&
    (operations === undefined || (Array.isArray(operations) && operations.includes("verify"))) &&
    !Object.hasOwn(jwk, "d")
  );
}
