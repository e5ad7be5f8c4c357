import type { AuthErrorCode } from "cognito-auth-session";
import { type Attack, type AttackGroup, harmless, refused, unparsable } from "./attack.js";
import { bearer, bytes, lines } from "./attempt.js";
import { ADA, type World } from "./context.js";
import { getTokenAttacks } from "./transport-get-token.js";

const optional = (world: World) => ({ options: { ...world.options, required: false } });

/** Where a token is not looked for. */
const elsewhere = (name: string, ...headerLines: ((world: World) => string)[]): Attack =>
  refused(`a token in ${name} is not read`, (w) => lines(...headerLines.map((line) => line(w))), "missing_token");

/** In the form that a log library once followed. */
const TEMPLATE = "$".concat("{jndi:ldap://127.0.0.1/a}");

const authorization: readonly [string, (token: string) => string, AuthErrorCode][] = [
  ["of nothing but spaces", () => "    ", "missing_token"],
  ["that is empty", () => "", "missing_token"],
  ["of the scheme Basic", () => "Basic YTpi", "missing_token"],
  ["of the scheme Basic around a good token", (token) => `Basic ${token}`, "missing_token"],
  ["of AWS' own signatures", () => "AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=host", "missing_token"],
  ["of the scheme Digest", () => 'Digest username="ada", realm="api"', "missing_token"],
  ["of the scheme Negotiate", (token) => `Negotiate ${token}`, "missing_token"],
  ["of the scheme DPoP", (token) => `DPoP ${token}`, "missing_token"],
  ["of the scheme JWT", (token) => `JWT ${token}`, "missing_token"],
  ["of the scheme Token", (token) => `Token ${token}`, "missing_token"],
  ["whose scheme begins with Bearer", (token) => `Bearer-Token ${token}`, "missing_token"],
  ["whose scheme ends with Bearer", (token) => `XBearer ${token}`, "missing_token"],
  ["of another scheme with ours after a comma", (token) => `Basic YTpi, Bearer ${token}`, "invalid_request"],
  ["of another scheme with parameters", () => 'Digest username="ada", realm="bearer"', "missing_token"],
  ["that says `Bearer` alone", () => "Bearer", "invalid_request"],
  ["that says `bearer` alone", () => "bearer", "invalid_request"],
  ["that ends after `Bearer` and a space", () => "Bearer ", "invalid_request"],
  ["with two spaces", (token) => `Bearer  ${token}`, "invalid_request"],
  ["with forty spaces", (token) => `Bearer${" ".repeat(40)}${token}`, "invalid_request"],
  ["with a tab", (token) => `Bearer\t${token}`, "invalid_request"],
  ["with a space and a tab", (token) => `Bearer \t${token}`, "invalid_request"],
  ["that is a bare token", (token) => token, "invalid_request"],
  ["that says Bearer twice", (token) => `Bearer Bearer ${token}`, "invalid_request"],
  ["with a colon after the scheme", (token) => `Bearer: ${token}`, "invalid_request"],
  ["with an equals sign after the scheme", (token) => `Bearer=${token}`, "invalid_request"],
  ["with nothing between scheme and token", (token) => `Bearer${token}`, "invalid_request"],
  ["with a percent-encoded space", (token) => `Bearer%20${token}`, "invalid_request"],
  ["in quotes as a whole", (token) => `"Bearer ${token}"`, "invalid_request"],
  ["with the scheme in quotes", (token) => `"Bearer" ${token}`, "invalid_request"],
  ["with the token where the scheme belongs", (token) => `${token} Bearer`, "missing_token"],
  ["with two tokens", (token) => `Bearer ${token} ${token}`, "invalid_request"],
  ["that is a comma list", (token) => `Bearer ${token}, Bearer ${token}`, "invalid_request"],
  ["that joins tokens by a comma", (token) => `Bearer ${token},${token}`, "invalid_request"],
  ["that ends with a comma", (token) => `Bearer ${token},`, "invalid_request"],
  ["that begins with a comma", (token) => `, Bearer ${token}`, "invalid_request"],
  ["with our scheme first and another's after a comma", (token) => `Bearer ${token}, Basic YTpi`, "invalid_request"],
  ["with a comma alone for a token", () => "Bearer ,", "invalid_request"],
  ["with a parameter after the token", (token) => `Bearer ${token} realm="api"`, "invalid_request"],
  ["with a token in quotes", (token) => `Bearer "${token}"`, "malformed_token"],
  ["with a token in single quotes", (token) => `Bearer '${token}'`, "malformed_token"],
  ["with a token in angle brackets", (token) => `Bearer <${token}>`, "malformed_token"],
  ["with a token in braces", (token) => `Bearer {${token}}`, "malformed_token"],
  ["with tokens joined by a semicolon", (token) => `Bearer ${token};${token}`, "malformed_token"],
  ["with a named token", (token) => `Bearer access_token=${token}`, "malformed_token"],
  ["with dots percent-encoded", (token) => `Bearer ${token.replaceAll(".", "%2E")}`, "malformed_token"],
  ["with an encoded line end after the token", (token) => `Bearer ${token}%0d%0a`, "malformed_token"],
  ["with an encoded NUL after the token", (token) => `Bearer ${token}%00`, "malformed_token"],
  ["with quotes and backslashes", () => 'Bearer a"b\\c', "malformed_token"],
  ["with brackets of all kinds", () => "Bearer {}[]<>", "malformed_token"],
  ["with a template in it", () => `Bearer ${TEMPLATE}`, "malformed_token"],
];

const headerBytes: readonly [string, string, AuthErrorCode][] = [
  ["Latin-1 letters", "Bearer \xe9\xff\x80", "malformed_token"],
  ["UTF-8 letters", Buffer.from("Bearer ключ").toString("latin1"), "malformed_token"],
  ["a no-break space after the scheme", "Bearer\xa0a.b.c", "invalid_request"],
  ["a no-break space before the token", "Bearer \xa0a.b.c", "invalid_request"],
  ["a next-line character", "Bearer a.b.c\x85", "malformed_token"],
];

const twice: readonly [string, (line: string) => string[]][] = [
  ["the same twice", (line) => [line, line]],
  ["in two spellings of the name", (line) => [line, line.replace("Authorization", "aUTHORIZATION")]],
  ["the second of another scheme", (line) => [line, "authorization: Basic YTpi"]],
  ["the first of another scheme", (line) => ["Authorization: Basic YTpi", line]],
  ["the second empty", (line) => [line, "Authorization:"]],
  ["the first empty", (line) => ["Authorization:", line]],
  ["with other headers between", (line) => [line, "Accept: */*", "Cookie: a=b", line]],
  ["three times", (line) => [line, line, line]],
];

const seconds: readonly [string, (w: World) => string[], AuthErrorCode][] = [
  ["alone", (w) => [`X-Id-Token: ${w.id()}`], "invalid_request"],
  ["beside an ID token", (w) => both(w.id(), w.id()), "invalid_request"],
  ["beside a Basic header", (w) => ["Authorization: Basic YTpi", `X-Id-Token: ${w.id()}`], "invalid_request"],
  ["that is empty", (w) => both(w.good(), ""), "invalid_request"],
  ["that is a comma list", (w) => both(w.good(), `${w.id()}, ${w.id()}`), "invalid_request"],
  ["with the scheme Bearer in it", (w) => both(w.good(), `Bearer ${w.id()}`), "invalid_request"],
  ["that comes twice", (w) => [...both(w.good(), w.id()), `x-id-token: ${w.id()}`], "invalid_request"],
  ["that is garbage", (w) => both(w.good(), "garbage"), "malformed_token"],
  ["in quotes", (w) => both(w.good(), `"${w.id()}"`), "malformed_token"],
  ["that has expired", (w) => both(w.good(), w.id({ exp: 1 })), "token_expired"],
  ["that is an access token", (w) => both(w.good(), w.good()), "invalid_claims"],
];

const both = (access: string, id: string): string[] => [`Authorization: Bearer ${access}`, `X-Id-Token: ${id}`];

export const transport: AttackGroup = {
  title: "transport",
  attacks: [
    refused("no header at all is nobody", () => lines(), "missing_token"),
    ...authorization.map(([name, value, code]) =>
      refused(`an Authorization header ${name} is refused`, (w) => lines(`Authorization: ${value(w.good())}`), code),
    ),
    ...headerBytes.map(([name, value, code]) =>
      refused(`a header with ${name} does no harm`, () => bytes(`Authorization: ${value}`), code),
    ),
    refused(
      "a good token with a Latin-1 letter after it is refused",
      (w) => bytes(`Authorization: Bearer ${w.good()}\xe9`),
      "malformed_token",
    ),
    ...twice.map(([name, spell]) =>
      refused(
        `two Authorization headers, ${name}, are refused`,
        (w) => lines(...spell(`Authorization: Bearer ${w.good()}`)),
        "invalid_request",
      ),
    ),
    refused(
      "two Authorization headers are refused where a token is optional",
      (w) => lines(`Authorization: Bearer ${w.good()}`, "Authorization: Basic YTpi"),
      "invalid_request",
      { app: optional },
    ),
    unparsable("a NUL in the header ends at the parser", () => bytes("Authorization: Bearer a\0b"), 400),
    unparsable(
      "control characters in the header end at the parser",
      () => bytes("Authorization: Bearer \x01\x02"),
      400,
    ),
    unparsable("a lone CR in the header ends at the parser", () => bytes("Authorization: Bearer a\rX-Y: b"), 400),
    unparsable("a space before the colon ends at the parser", (w) => lines(`Authorization : Bearer ${w.good()}`), 400),
    unparsable(
      "a header folded onto a second line ends at the parser",
      (w) => lines("Authorization: Bearer", ` ${w.good()}`),
      400,
    ),
    unparsable(
      "headers beyond the parser's bound end there",
      () => lines(`Authorization: Bearer ${"a".repeat(70_000)}`),
      431,
    ),

    elsewhere("Proxy-Authorization", (w) => `Proxy-Authorization: Bearer ${w.good()}`),
    elsewhere("X-Authorization", (w) => `X-Authorization: Bearer ${w.good()}`),
    elsewhere("X-Forwarded-Authorization", (w) => `X-Forwarded-Authorization: Bearer ${w.good()}`),
    elsewhere("X-Access-Token", (w) => `X-Access-Token: ${w.good()}`),
    elsewhere("X-Api-Key", (w) => `X-Api-Key: ${w.good()}`),
    elsewhere(
      "a load balancer's headers",
      (w) => `x-amzn-oidc-accesstoken: ${w.good()}`,
      (w) => `x-amzn-oidc-data: ${w.id()}`,
    ),
    elsewhere("a WebSocket's protocol", (w) => `Sec-WebSocket-Protocol: bearer, ${w.good()}`),
    elsewhere("an underscore's twin of the ID token header", (w) => `X_Id_Token: ${w.id()}`),
    elsewhere(
      "a cookie",
      (w) => `Cookie: access_token=${w.good()}; id_token=${w.id()}; Authorization=Bearer ${w.good()}`,
    ),
    elsewhere("an Amplify cookie, where cookies were not switched on,", (w) => {
      const prefix = `CognitoIdentityServiceProvider.${w.cognito.options.clientId}`;
      return `Cookie: ${prefix}.LastAuthUser=ada; ${prefix}.ada.accessToken=${w.good()}`;
    }),
    refused(
      "a token in the query is not read",
      (w) => ({
        ...lines(),
        path: `/me?access_token=${w.good()}&token=${w.good()}&authorization=Bearer%20${w.good()}&id_token=${w.id()}`,
      }),
      "missing_token",
    ),
    refused(
      "a token in a form is not read",
      (w) => ({
        ...lines("Content-Type: application/x-www-form-urlencoded"),
        method: "POST",
        body: `access_token=${w.good()}`,
      }),
      "missing_token",
    ),
    refused(
      "a token in a JSON body is not read",
      (w) => ({
        ...lines("Content-Type: application/json"),
        method: "POST",
        body: JSON.stringify({ access_token: w.good(), authorization: `Bearer ${w.good()}` }),
      }),
      "missing_token",
    ),
    refused(
      "a token in a trailer is not read",
      (w) => ({
        ...lines("Transfer-Encoding: chunked", "Trailer: Authorization"),
        method: "POST",
        body: `0\r\nAuthorization: Bearer ${w.good()}\r\n\r\n`,
      }),
      "missing_token",
    ),
    harmless(
      "another user's token in cookie, query and custom headers does not change who calls",
      (w) => ({
        ...lines(
          `Authorization: Bearer ${w.good()}`,
          `Cookie: access_token=${w.access()}`,
          `X-Access-Token: ${w.access()}`,
          "X-Amzn-Oidc-Identity: eve",
          "X-Forwarded-User: eve",
        ),
        path: `/me?access_token=${w.access()}`,
      }),
      ADA,
    ),

    ...seconds.flatMap(([name, make, code]) => [
      refused(`an ID token header ${name} is refused`, (w) => lines(...make(w)), code),
      refused(`an ID token header ${name} is refused where a token is optional`, (w) => lines(...make(w)), code, {
        app: optional,
      }),
    ]),
    harmless(
      "an ID token in the default header does not count where another is configured",
      (w) => bearer(w.good(), w.id({ "custom:groups": ["root"] })),
      ADA,
      { app: (w) => ({ options: { ...w.options, idTokenHeader: "X-Amz-Id" } }) },
    ),
    refused(
      "a configured ID token header that comes twice is refused",
      (w) => lines(`Authorization: Bearer ${w.good()}`, `X-Amz-Id: ${w.id()}`, `x-amz-ID: ${w.id()}`),
      "invalid_request",
      { app: (w) => ({ options: { ...w.options, idTokenHeader: "X-Amz-Id" } }) },
    ),

    refused("a bad token is refused where a token is optional", () => bearer("garbage"), "malformed_token", {
      app: optional,
    }),
    refused(
      "`Bearer` alone is refused where a token is optional",
      () => lines("Authorization: Bearer"),
      "invalid_request",
      {
        app: optional,
      },
    ),
    refused(
      "an expired token is refused where a token is optional",
      (w) => bearer(w.access({ exp: 1 })),
      "token_expired",
      {
        app: optional,
      },
    ),
    harmless(
      "no token where a token is optional is nobody",
      () => lines(),
      { isAuthenticated: false, groups: [], scopes: [] },
      { app: optional },
    ),
    ...getTokenAttacks,
  ],
};
