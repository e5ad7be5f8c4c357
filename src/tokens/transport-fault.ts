import { AuthError } from "../errors/auth-error.js";

/** Ways to send a token that are refused, and what to do in place of each. All of them answer alike. */
const TRANSPORT_FAULTS = {
  several_bearers: "The request has several `Authorization` headers: send one.",
  bearer_list: "`Authorization` holds a comma-separated list: send one token, in one header.",
  no_scheme: "`Authorization` does not begin with `Bearer `: write the scheme before the token.",
  no_token: "Nothing follows `Bearer`: the client had no token to send.",
  scheme_twice: "`Authorization` says `Bearer` twice: the client added it to a value that had it already.",
  bearer_form: "`Authorization` is `Bearer`, one space, and the token: nothing else may stand in it.",
  several_id_tokens: "The request has several ID token headers: send one.",
  id_token_empty: "The ID token header is empty: leave it out where there is no ID token.",
  id_token_scheme: "The ID token header takes the bare token, without `Bearer ` before it.",
  id_token_form: "The ID token header takes one token: no space and no comma may stand in it.",
  id_token_alone:
    "The ID token header needs an access token beside it, as `Authorization: Bearer`. Send a lone ID token as the bearer.",
  token_and_cookie:
    "The request has a token in a header and a session cookie: send one of them, nobody could tell who is meant.",
  several_cookies:
    "The request has two cookies of one name with different values: another host of the same site may have set one.",
  cookie_too_long: "The request's cookies are longer than 64 KiB, or there are more than 512.",
  id_token_twice:
    "The bearer is an ID token already: leave the ID token header out, or send the access token as the bearer.",
} as const;

/** Why a request's tokens cannot be read. */
export type TransportFault = keyof typeof TRANSPORT_FAULTS;

/** The refusal of a request that carries its token in a malformed or ambiguous way. */
export function badTransport(fault: TransportFault): AuthError {
  return new AuthError("invalid_request", { recoverySuggestion: TRANSPORT_FAULTS[fault] });
}

/** What is wrong with an `Authorization` header that is of no other scheme. */
export function bearerFault(value: string): TransportFault {
  if (!/^bearer(?:\s|$)/i.test(value)) return "no_scheme";
  if (value.includes(",")) return "bearer_list";
  if (/^bearer\s*$/i.test(value)) return "no_token";
  return /^bearer\s+bearer\s/i.test(value) ? "scheme_twice" : "bearer_form";
}

/** What is wrong with an ID token header. */
export function idTokenFault(value: string): TransportFault {
  if (value === "") return "id_token_empty";
  return /^bearer\s/i.test(value) ? "id_token_scheme" : "id_token_form";
}
