import type { IncomingMessage } from "node:http";
import type { ServiceError } from "./service-error.js";

/** STS leaves the suffix out that its exceptions have in the SDK, but for these. */
const WITH_SUFFIX: ReadonlySet<string> = new Set(["ExpiredTokenException", "RegionDisabledException"]);

/** The AWS query protocol, which STS speaks: a form in, XML out. */
export const queryProtocol = {
  contentType: "text/xml",

  /** The form's fields; undefined for a request that is no form. */
  read({ headers }: IncomingMessage, body: string): Readonly<Record<string, unknown>> | undefined {
    const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
    return isForm ? Object.fromEntries(new URLSearchParams(body)) : undefined;
  },

  write(action: string, result: object): string {
    return `<${action}Response><${action}Result>${toXml(result)}</${action}Result></${action}Response>`;
  },

  writeError({ type, message }: ServiceError): string {
    const code = WITH_SUFFIX.has(type) ? type : type.replace(/Exception$/, "");
    const error = { Type: "Sender", Code: code, Message: message };
    return `<ErrorResponse>${toXml({ Error: error })}</ErrorResponse>`;
  },
};

function toXml(value: object): string {
  return Object.entries(value)
    .map(([name, entry]) => `<${name}>${typeof entry === "object" ? toXml(entry) : escapeXml(String(entry))}</${name}>`)
    .join("");
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
