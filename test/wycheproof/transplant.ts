import { constants, createPrivateKey, hash, type JsonWebKey, privateEncrypt, publicDecrypt } from "node:crypto";

const RAW = { padding: constants.RSA_NO_PADDING };

/**
 * Puts a vector's signature under another signing input: the padded block is taken out of the signature, the digest in it is
 * exchanged for the digest of the new input, and the block is signed anew as it is. What was wrong with the padding is
 * then wrong with the new token as well, and nothing else is.
 *
 * @param privateJwk the vector's own key, which the project publishes
 * @returns undefined where the block holds no digest of the vector's input: nothing would be left of the vector
 */
export function transplant(jws: string, input: string, privateJwk: JsonWebKey): string | undefined {
  const key = createPrivateKey({ key: privateJwk, format: "jwk" });
  const lastDot = jws.lastIndexOf(".");
  const signature = Buffer.from(jws.slice(lastDot + 1), "base64url");
  if (lastDot < 1 || signature.length !== 256) return undefined;
  const block = publicDecrypt({ key, ...RAW }, signature);
  const at = block.indexOf(sha256(jws.slice(0, lastDot)));
  if (at === -1) return undefined;
  sha256(input).copy(block, at);
  return `${input}.${privateEncrypt({ key, ...RAW }, block).toString("base64url")}`;
}

function sha256(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
