import { createHmac, hash } from "node:crypto";

/** What is signed with. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** What is signed. */
export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  /** Sent and signed, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly region: string;
  readonly service: string;
  readonly nowMs: number;
}

/**
 * The headers of a request that AWS takes as signed: Signature Version 4 (IAM User Guide, "Create a signed AWS API
 * request"). For one plain call a client of the SDK would be a dependency more.
 */
export function signedHeaders(request: SignedRequest, credentials: SigningCredentials): Record<string, string> {
  const { url, region, service, nowMs } = request;
  const timestamp = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const headers: Record<string, string> = {
    ...request.headers,
    host: url.host,
    "x-amz-date": timestamp,
    ...(credentials.sessionToken === undefined ? {} : { "x-amz-security-token": credentials.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    request.method,
    url.pathname,
    [...url.searchParams]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join("&"),
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    "",
    names.join(";"),
    hash("sha256", request.body),
  ].join("\n");
  const scope = `${timestamp.slice(0, 8)}/${region}/${service}/aws4_request`;
  const key = scope.split("/").reduce<string | Buffer>(sign, `AWS4${credentials.secretAccessKey}`);
  const signature = sign(key, ["AWS4-HMAC-SHA256", timestamp, scope, hash("sha256", canonical)].join("\n"));
  const authorization = [
    `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}`,
    `SignedHeaders=${names.join(";")}`,
    `Signature=${signature.toString("hex")}`,
  ].join(", ");
  return { ...headers, authorization };
}

function sign(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** As RFC 3986 section 2.3 wants it, and AWS with it. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
