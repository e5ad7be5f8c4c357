import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { LocalCognito } from "cognito-auth-session/testing";

/**
 * A stand-in for S3 that keeps objects in memory and knows one policy, the usual one for user files: whoever signs the
 * request may touch `private/<own identity id>/` and nothing else.
 */
export class LocalS3 {
  readonly #objects = new Map<string, Buffer>();
  readonly #server: Server;

  private constructor(private readonly cognito: LocalCognito) {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(cognito: LocalCognito): Promise<{ s3: LocalS3; endpoint: string }> {
    const s3 = new LocalS3(cognito);
    await new Promise<void>((resolve) => s3.#server.listen(0, "127.0.0.1", resolve));
    const address = s3.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("The local S3 has no address.");
    return { s3, endpoint: `http://127.0.0.1:${address.port}` };
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const key = decodeURIComponent(url.pathname).split("/").slice(2).join("/");
    const wanted = key || (url.searchParams.get("prefix") ?? "");
    const identityId = this.#identityOf(request);
    if (identityId === undefined || !wanted.startsWith(`private/${identityId}/`)) {
      return sendXml(response, 403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>");
    }
    if (key === "") return sendXml(response, 200, this.#list(wanted));
    if (request.method === "PUT") {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      this.#objects.set(key, Buffer.concat(chunks));
      response.writeHead(200, { ETag: '"local"' }).end();
      return;
    }
    const object = this.#objects.get(key);
    if (object === undefined)
      return sendXml(response, 404, "<Error><Code>NoSuchKey</Code><Message>No such key</Message></Error>");
    response.writeHead(200, { "Content-Type": "application/octet-stream" }).end(object);
  }

  /** The signer, by access key and session token. A real S3 verifies the signature as well. */
  #identityOf({ headers }: IncomingMessage): string | undefined {
    const accessKeyId = /Credential=([A-Z0-9]+)\//.exec(headers.authorization ?? "")?.[1];
    const caller = accessKeyId === undefined ? undefined : this.cognito.callerIdentity(accessKeyId);
    return caller?.sessionToken === headers["x-amz-security-token"] ? caller?.identityId : undefined;
  }

  #list(prefix: string): string {
    const contents = [...this.#objects]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, object]) => `<Contents><Key>${escapeXml(key)}</Key><Size>${object.byteLength}</Size></Contents>`);
    return `<ListBucketResult><Prefix>${escapeXml(prefix)}</Prefix>${contents.join("")}</ListBucketResult>`;
  }
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function sendXml(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { "Content-Type": "application/xml" }).end(`<?xml version="1.0"?>${xml}`);
}
