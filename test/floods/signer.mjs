// Plain JavaScript: on Node 20 the TypeScript loader of the test runner does not reach into threads.
import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";

const { privateKey, kid, issuer, clientId, batch, name } = workerData;
const key = createPrivateKey(privateKey);
const header = encode({ kid, alg: "RS256" });
let signed = 0;

// A batch of ID tokens at each message, every one for a user of its own.
parentPort.on("message", () => parentPort.postMessage(Array.from({ length: batch }, next)));

function next() {
  signed += 1;
  const username = `${name}-${signed}`;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const claims = {
    sub: username,
    iss: issuer,
    aud: clientId,
    token_use: "id",
    "cognito:username": username,
    "cognito:groups": ["readers"],
    email: `${username}@example.com`,
    email_verified: true,
    origin_jti: randomUUID(),
    event_id: randomUUID(),
    jti: randomUUID(),
    auth_time: nowSeconds,
    iat: nowSeconds,
    exp: nowSeconds + 3600,
  };
  const input = `${header}.${encode(claims)}`;
  return `${input}.${sign("sha256", Buffer.from(input), key).toString("base64url")}`;
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
