import type { AppClient } from "../app-client.js";
import { type EndpointRequest, isRepeated, oauthError, Refusal } from "../endpoint.js";

interface ClientCredentials {
  readonly id: string | undefined;
  readonly secret: string | undefined;
}

/** The ways in which a client says that it is itself, as discovery names them. */
export function authenticationMethods({ isConfidential }: AppClient): readonly string[] {
  return isConfidential ? ["client_secret_basic", "client_secret_post"] : ["none"];
}

/**
 * Makes sure of the app client that a form comes from (RFC 6749 section 2.3).
 *
 * @throws {Refusal} `invalid_request`, `invalid_client`
 */
export function authenticateClient(client: AppClient, { headers, form }: EndpointRequest): void {
  // A parameter that comes twice is refused wherever it stands.
  if ([...form.keys()].some((name) => isRepeated(form, name))) throw new Refusal(oauthError("invalid_request"));
  const posted = { id: form.get("client_id") ?? undefined, secret: form.get("client_secret") ?? undefined };
  const { authorization } = headers;
  const basic = authorization === undefined ? undefined : readBasic(authorization);
  if (basic !== undefined && posted.secret !== undefined) throw new Refusal(oauthError("invalid_request"));
  const isOne = basic === undefined || posted.id === undefined || posted.id === basic.id;
  const { id, secret } = basic ?? posted;
  if (!isOne || !client.accepts(id, secret)) throw new Refusal(oauthError("invalid_client"));
}

/** Both parts are form-encoded before they are joined (RFC 6749 section 2.3.1). */
function readBasic(authorization: string): ClientCredentials {
  const [, encoded = ""] = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization) ?? [];
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon === -1
    ? { id: undefined, secret: undefined }
    : { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
