import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { isJsonObject, type JsonObject } from "../tokens/json.js";

const MAX_BODY_BYTES = 64 * 1024;

/** A request that is answered with its status and this text, which is ours. */
export class Refused extends Error {
  constructor(
    readonly status: 400 | 403 | 404 | 405 | 413 | 415,
    message: string,
  ) {
    super(message);
  }
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      "Cache-Control": "no-store",
      "Content-Length": Buffer.byteLength(text),
      "Content-Type": `application/${status < 400 ? "json" : "problem+json"}; charset=utf-8`,
      "X-Content-Type-Options": "nosniff",
    })
    .end(text);
}

export function sendRefused(response: ServerResponse, { status, message }: Refused): void {
  sendJson(response, status, { status, title: STATUS_CODES[status], detail: message });
}

/** The JSON object of a request. @throws {Refused} */
export async function readJson(request: IncomingMessage): Promise<JsonObject> {
  // A form cannot send this type, and a script of another origin has to ask first.
  if (!/^application\/json(?:;|$)/i.test(request.headers["content-type"] ?? "")) {
    throw new Refused(415, "Send JSON.");
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.byteLength;
    if (length > MAX_BODY_BYTES) throw new Refused(413, "That is too long.");
    chunks.push(bytes);
  }
  const value = parse(Buffer.concat(chunks).toString("utf8"));
  if (!isJsonObject(value)) throw new Refused(400, "Send a JSON object.");
  return value;
}

/** What a text of JSON says; undefined where it is none. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
