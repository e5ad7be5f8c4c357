import { type JsonObject, ownValue } from "../tokens/json.js";
import type { TokenPair } from "../tokens/pair.js";
import type { UserInfo } from "./types.js";

const CUSTOM_PREFIX = "custom:";

/** Reads who the user is; undefined where there is no token. (OpenID Connect Core section 5.1 for the standard claims.) */
export function readUserInfo({ access, id }: TokenPair): UserInfo | undefined {
  const known = access ?? id;
  if (known === undefined) return undefined;
  const claims = id?.payload ?? {};
  return Object.freeze({
    sub: known.sub,
    ...text("username", id?.username ?? access?.username),
    ...text("email", ownValue(claims, "email")),
    ...flag("emailVerified", ownValue(claims, "email_verified")),
    ...text("name", ownValue(claims, "name")),
    ...text("givenName", ownValue(claims, "given_name")),
    ...text("familyName", ownValue(claims, "family_name")),
    groups: known.groups,
    customAttributes: Object.freeze(readCustomAttributes(claims)),
  });
}

/** `fromEntries` defines own properties, so no attribute's name can reach a prototype. */
function readCustomAttributes(claims: JsonObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(claims)
      .filter(([claim]) => claim.startsWith(CUSTOM_PREFIX))
      .map(([claim, value]) => [claim.slice(CUSTOM_PREFIX.length), value]),
  );
}

function text<Name extends string>(name: Name, value: unknown): { [K in Name]?: string } {
  return typeof value === "string" ? ({ [name]: value } as { [K in Name]: string }) : {};
}

/** Federated users' tokens carry it as a string. */
function flag<Name extends string>(name: Name, value: unknown): { [K in Name]?: boolean } {
  const isFlag = typeof value === "boolean" || value === "true" || value === "false";
  return isFlag ? ({ [name]: value === true || value === "true" } as { [K in Name]: boolean }) : {};
}
