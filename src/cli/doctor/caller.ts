import type { IdentityPoolConfig } from "../../config/config.js";
import { dnsSuffixOf } from "../../config/resolve.js";
import type { AWSCredentials } from "../../credentials/credentials.js";
import type { Check, Examination } from "./check.js";
import { isSilence, probe } from "./probe.js";
import { signedHeaders } from "./signed-request.js";

const BODY = "Action=GetCallerIdentity&Version=2011-06-15";
/** An ARN, and nothing that is none: the rest of the answer is not shown. */
const ARN = /<Arn>(arn:aws[\w-]*:sts::\d{12}:assumed-role\/[\w+=,.@/-]{1,200})<\/Arn>/;

const EMULATED = {
  status: "warn",
  message:
    "The identity pool is an emulator's, and no STS is configured beside it: who the credentials are was not asked.",
  fix: "Set `stsEndpoint` (AWS_ENDPOINT_URL_STS) to the emulator's address.",
} as const;

/** Whether AWS knows the credentials, and as whom: `sts:GetCallerIdentity`, which needs no permission. */
export async function checkCaller(
  { found, wait, clock }: Examination,
  { region, endpoint, stsEndpoint }: IdentityPoolConfig,
  credentials: AWSCredentials,
): Promise<Check> {
  const id = "caller";
  // Amazon has no endpoint on plain http. What an emulator gave is nothing to AWS, so AWS is not asked.
  if (stsEndpoint === undefined && endpoint?.startsWith("http:")) return { id, ...EMULATED };
  const url = new URL(stsEndpoint ?? `https://sts.${region}.${dnsSuffixOf(region)}/`);
  const nowMs = clock();
  const headers = signedHeaders(
    {
      method: "POST",
      url,
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
      body: BODY,
      region,
      service: "sts",
      nowMs,
    },
    credentials,
  );
  const settings = { timeoutMs: found.config.requestTimeoutMs, clock };
  const answer = await wait(
    "Asking AWS STS who this is",
    probe(url.href, settings, { method: "POST", headers, body: BODY }),
  );
  if (isSilence(answer)) {
    return { id, status: "fail", message: `AWS STS cannot be reached: ${answer.why}.`, fix: answer.fix };
  }
  const arn = ARN.exec(answer.text)?.[1];
  if (answer.status === 200 && arn !== undefined) {
    return { id, status: "pass", message: `AWS knows the credentials: ${arn}` };
  }
  return {
    id,
    status: "fail",
    message: `AWS STS does not take the credentials (HTTP ${answer.status}).`,
    fix: "Check this machine's clock, `stsEndpoint` (AWS_ENDPOINT_URL_STS), and what stands between this machine and STS.",
  };
}
