import type { IncomingMessage } from "node:http";
import { ServiceError } from "./service-error.js";

const MAX_BODY_BYTES = 1024 * 1024;

/** What a request carries, as text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > MAX_BODY_BYTES) throw new Error("The request is too large.");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The fields of an AWS JSON request. @throws {ServiceError} */
export function readInput(body: string): Readonly<Record<string, unknown>> {
  try {
    const input: unknown = JSON.parse(body);
    if (typeof input === "object" && input !== null) return Object.fromEntries(Object.entries(input));
  } catch {
    // Answered below, as the service answers what it cannot read.
  }
  throw new ServiceError("SerializationException", "");
}

/** The operation of an AWS JSON request: `X-Amz-Target: AWSCognitoIdentityService.GetId`. */
export function targetOf({ headers }: IncomingMessage): string {
  const target = headers["x-amz-target"];
  return typeof target === "string" ? target.slice(target.indexOf(".") + 1) : "";
}
