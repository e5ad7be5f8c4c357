import { connect } from "node:net";
import type { Answer } from "../support/expectations.js";
import type { Attempt } from "./attack.js";

/** Sends a request byte for byte, as no HTTP client would, and reads the answer to its end. */
export async function exchange(port: number, attempt: Attempt): Promise<Answer> {
  const { method = "GET", path = "/me", lines, body, hangUpAfterMs } = attempt;
  const socket = connect(port, "127.0.0.1");
  const length = body === undefined || isChunked(lines) ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`${method} ${path} HTTP/1.1`, "Host: localhost", ...length, ...lines, "Connection: close", ""];
  const out = head.flatMap((line) => [Buffer.from(line), Buffer.from("\r\n")]);
  socket.write(Buffer.concat([...out, Buffer.from(body ?? "")]));
  if (hangUpAfterMs !== undefined) setTimeout(() => socket.destroy(), hangUpAfterMs);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of socket) chunks.push(Buffer.from(chunk));
  } catch (error) {
    // A server that refuses early may cut the line while we still write.
    if (chunks.length === 0) throw error;
  }
  return readAnswer(Buffer.concat(chunks));
}

function readAnswer(raw: Buffer): Answer {
  const end = raw.indexOf("\r\n\r\n");
  const [statusLine = "", ...headerLines] = raw.subarray(0, end).toString("latin1").split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  const headers: Record<string, string> = {};
  for (const line of headerLines) {
    // RFC 9110 section 5.5: what is not printable ASCII in our headers came from an attacker.
    const [, name = "", value = ""] = /^([\w-]+): ([\x20-\x7e]*)$/.exec(line) ?? [];
    if (name === "") throw new Error(`Not a header line: ${JSON.stringify(line)}`);
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  const text = raw.subarray(end + 4).toString("utf8");
  return { status, headers, text, body: parseJson(text) };
}

function isChunked(lines: Attempt["lines"]): boolean {
  return lines.some((line) => /^transfer-encoding:/i.test(line.toString()));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
