import type { IncomingMessage, ServerResponse } from "node:http";
import { type Listening, listen } from "./listen.js";

/** A call of an operation that went through, and the status of its answer. */
export interface Call {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly status: number;
}

/** Stands before a user pool, passes everything on, and remembers the operations that were called. */
export class CallRecorder {
  readonly calls: Call[] = [];

  private constructor(
    private readonly listening: Listening,
    private readonly target: string,
  ) {
    listening.serve((request, response) => {
      this.#passOn(request, response).catch(() => response.destroy());
    });
  }

  static async start(target: string): Promise<CallRecorder> {
    return new CallRecorder(await listen(), target);
  }

  get origin(): string {
    return this.listening.origin;
  }

  stop(): Promise<void> {
    return this.listening.stop();
  }

  async #passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = "GET", url = "/", headers } = request;
    const target = String(headers["x-amz-target"] ?? "");
    const onward = { "Content-Type": headers["content-type"] ?? "", "X-Amz-Target": target };
    const sent = method === "GET" ? {} : { headers: onward, body };
    const answer = await fetch(this.target + url, { method, ...sent });
    if (target !== "") {
      const operation = target.slice(target.lastIndexOf(".") + 1);
      this.calls.push({ operation, input: JSON.parse(body.toString()), status: answer.status });
    }
    const type = answer.headers.get("content-type") ?? "text/plain";
    const errorType = answer.headers.get("x-amzn-errortype");
    response.writeHead(answer.status, { "Content-Type": type, ...(errorType && { "x-amzn-ErrorType": errorType }) });
    response.end(await answer.text());
  }
}
