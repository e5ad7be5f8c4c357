import { once } from "node:events";
import { connect } from "node:net";
import type { Answer, Lines } from "./answers.js";

/** Sends requests down one connection without waiting for answers, byte for byte as given, and reads all answers. */
export async function pipeline(port: number, requests: readonly Lines[]): Promise<Answer[]> {
  const socket = connect(port, "127.0.0.1");
  // A server that refuses to read on may reset; what it said before is what counts.
  socket.on("error", () => {});
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  for (const [index, lines] of requests.entries()) {
    const isLast = index === requests.length - 1;
    socket.write(Buffer.from(textOf([...lines, ["Connection", isLast ? "close" : "keep-alive"]]), "latin1"));
  }
  await once(socket, "close");
  return [...readAnswers(Buffer.concat(chunks).toString("latin1"))];
}

function textOf(lines: Lines): string {
  const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `GET /me HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;
}

/** Answers in turn; each says how long its body is, a bare refusal of Node's has none. */
function* readAnswers(text: string): Generator<Answer> {
  let rest = text;
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    const [statusLine = "", ...fields] = rest.slice(0, end).split("\r\n");
    const headers = Object.fromEntries(
      fields.map((field) => {
        const colon = field.indexOf(":");
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
      }),
    );
    const bodyStart = end + 4;
    const bodyEnd = bodyStart + Number(headers["content-length"] ?? 0);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
    yield { status, headers, body: rest.slice(bodyStart, bodyEnd) };
    rest = rest.slice(bodyEnd);
  }
}
