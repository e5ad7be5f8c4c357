import { Agent, request } from "node:http";

/** What a caller saw. */
export interface Answer {
  readonly caller: string;
  /** 0 where the connection ended without an answer. */
  readonly status: number;
  readonly code: string | undefined;
  readonly name: string | undefined;
  readonly retryAfter: string | undefined;
  readonly ms: number;
}

/** Clients of the app, sharing connections as those behind a load balancer do. */
export class Callers {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Asks who the token's user is, and takes any end as an answer. */
  ask(caller: string, token: string): Promise<Answer> {
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const finish = (status: number, text = "", retryAfter?: string) => {
        const { code, name } = readProblem(text);
        resolve({ caller, status, code, name, retryAfter, ms: performance.now() - startedMs });
      };
      const headers = { authorization: `Bearer ${token}` };
      request({ host: "127.0.0.1", port: this.#port, path: "/me", headers, agent: this.#agent }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("end", () => finish(response.statusCode ?? 0, text, response.headers["retry-after"]));
        response.once("error", () => finish(0));
      })
        .once("error", () => finish(0))
        .end();
    });
  }

  /** Asks, and hangs up before there is an answer. */
  async hangUp(token: string, afterMs: number): Promise<void> {
    const outgoing = request({
      host: "127.0.0.1",
      port: this.#port,
      path: "/me",
      headers: { authorization: `Bearer ${token}` },
      agent: false,
    });
    outgoing.on("error", () => {}).end();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    outgoing.destroy();
  }

  close(): void {
    this.#agent.destroy();
  }
}

function readProblem(text: string): { code?: string; name?: string } {
  const value: unknown = text.startsWith("{") ? JSON.parse(text) : {};
  const fields = new Map<string, unknown>(Object.entries(value ?? {}));
  const textOf = (field: string) => (typeof fields.get(field) === "string" ? String(fields.get(field)) : undefined);
  const code = textOf("code");
  const name = textOf("name");
  return { ...(code === undefined ? {} : { code }), ...(name === undefined ? {} : { name }) };
}
