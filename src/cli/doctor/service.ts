import type { UserPoolConfig } from "../../config/config.js";
import { isJsonObject, ownValue } from "../../tokens/json.js";
import { readKeySet } from "../../tokens/public-keys.js";
import type { Check, Examination } from "./check.js";
import { type Answer, isSilence, jsonOf, probe, type Silence } from "./probe.js";

/** A difference that hints at a clock nobody keeps. */
const NOTABLE_SKEW_SECONDS = 5;

/** The user pool's public documents: can they be had, are they good, and do our clocks agree? */
export async function checkService({ found, pool, clock, wait }: Examination): Promise<Check[]> {
  const { requestTimeoutMs: timeoutMs, clockToleranceSeconds } = found.config;
  const settings = { timeoutMs, clock };
  const keysUri = "uri" in pool.keys ? pool.keys.uri : pool.discoveryUri;
  const [discovery, keys] = await wait(
    "Asking the user pool",
    Promise.all([probe(pool.discoveryUri, settings), probe(keysUri, settings)]),
  );
  const aheadMs = [discovery, keys].flatMap((answer) => (isSilence(answer) ? [] : (answer.aheadMs ?? [])));
  return [
    judgeDiscovery(discovery, keys, pool),
    judgeKeys(keys),
    ...judgePool(discovery, keys, pool),
    ...judgeClock(aheadMs, clockToleranceSeconds),
  ];
}

function judgeDiscovery(answer: Answer | Silence, keys: Answer | Silence, { issuers }: UserPoolConfig): Check {
  const id = "issuer";
  if (isSilence(answer)) return silent(id, "The issuer cannot be reached", answer);
  if (answer.status !== 200) {
    const message = `The issuer has no discovery document (HTTP ${answer.status}).`;
    const fix = "Only sign-in routes need it. At Cognito itself it means that the user pool's id is wrong.";
    return { id, status: isSilence(keys) || keys.status !== 200 ? "fail" : "warn", message, fix };
  }
  const document = jsonOf(answer);
  const named = isJsonObject(document) ? ownValue(document, "issuer") : undefined;
  if (typeof named === "string" && issuers.includes(named)) {
    return { id, status: "pass", message: "The issuer answers, and is the one that is configured." };
  }
  return {
    id,
    status: "fail",
    message: "What answers at the issuer's address names another issuer, or is no discovery document.",
    fix: "Compare `issuer` (COGNITO_ISSUER) and the endpoints: they belong to different pools, or to no pool at all.",
  };
}

function judgeKeys(answer: Answer | Silence): Check {
  const id = "key-set";
  if (isSilence(answer)) return silent(id, "The key set cannot be fetched", answer);
  if (answer.status !== 200) {
    const fix = "Check the user pool's id and Region, or `jwksUri` (COGNITO_JWKS_URI).";
    return { id, status: "fail", message: `The key set cannot be fetched (HTTP ${answer.status}).`, fix };
  }
  if (answer.isCompressed) {
    const message = "The key set comes compressed though nobody asked for that; servers do not read it.";
    return { id, status: "fail", message, fix: "Let the mirror or proxy at `jwksUri` leave it uncompressed." };
  }
  const keys = readKeySet(jsonOf(answer));
  if (keys !== undefined) return { id, status: "pass", message: `The key set has ${count(keys.size, "usable key")}.` };
  return {
    id,
    status: "fail",
    message: "The key set holds no usable key: RSA signature keys of 2048 bits or more, with a `kid`.",
    fix: "Check `jwksUri` (COGNITO_JWKS_URI): something else answers there.",
  };
}

/** Cognito answers 400 or 404 for the documents of a pool that it does not have. */
function judgePool(discovery: Answer | Silence, keys: Answer | Silence, { userPoolId }: UserPoolConfig): Check[] {
  const id = "user-pool";
  const statuses = [discovery, keys].flatMap((answer) => (isSilence(answer) ? [] : [answer.status]));
  if (statuses.includes(200)) return [{ id, status: "pass", message: `User pool ${userPoolId} exists.` }];
  if (!statuses.some((status) => status === 400 || status === 404)) return [];
  const fix = "Copy the user pool's id from the Cognito console; its Region is the part before the underscore.";
  return [{ id, status: "fail", message: `There is no user pool ${userPoolId}.`, fix }];
}

/** The smaller difference: what waits for an answer looks like a clock that is behind. */
function judgeClock(aheadMs: readonly number[], toleranceSeconds: number): Check[] {
  const id = "clock";
  const [least] = [...aheadMs].sort((a, b) => Math.abs(a) - Math.abs(b));
  if (least === undefined) return [];
  const seconds = Math.round(Math.abs(least) / 1000);
  if (seconds <= Math.min(NOTABLE_SKEW_SECONDS, toleranceSeconds)) {
    return [{ id, status: "pass", message: "This machine's clock agrees with the service's." }];
  }
  const isBehind = least > 0;
  const effect = isBehind ? "fresh tokens look as if they came from the future" : "tokens expire too early";
  const message = `This machine's clock is ${count(seconds, "second")} ${isBehind ? "behind" : "ahead of"} the service's: ${effect}.`;
  const fix = `Synchronise the clock (NTP). The tolerance is ${count(toleranceSeconds, "second")} (\`clockTolerance\`).`;
  return [{ id, status: seconds > toleranceSeconds ? "fail" : "warn", message, fix }];
}

function silent(id: Check["id"], what: string, { why, fix }: Silence): Check {
  return { id, status: "fail", message: `${what}: ${why}.`, fix };
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
