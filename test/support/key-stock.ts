import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyPairKeyObjectResult } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { stockKeys } from "../../src/testing/signing-keys.js";

/**
 * The suite starts hundreds of LocalCognitos, and each would make two RSA keys: half of the suite's time. Here they are
 * made once and kept beside the installed packages. No test uses nearly as many at a time.
 */
const FOLDER = "node_modules/.cache/cognito-auth-session";
const FILE = `${FOLDER}/test-keys.json`;
const COUNT = 64;

function load(): string[] {
  try {
    const kept: unknown = JSON.parse(readFileSync(FILE, "utf8"));
    if (Array.isArray(kept) && kept.length === COUNT) return kept;
  } catch {
    // Made below.
  }
  const made = Array.from({ length: COUNT }, () =>
    generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  );
  mkdirSync(FOLDER, { recursive: true });
  // In one step: other processes may be reading.
  writeFileSync(`${FILE}.${process.pid}`, JSON.stringify(made));
  renameSync(`${FILE}.${process.pid}`, FILE);
  return made;
}

stockKeys(
  load().map((pem): KeyPairKeyObjectResult => {
    const privateKey = createPrivateKey(pem);
    return { privateKey, publicKey: createPublicKey(privateKey) };
  }),
);
