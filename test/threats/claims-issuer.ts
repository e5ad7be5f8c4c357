import { expect } from "chai";
import { type Attack, refused } from "./attack.js";
import { bearer } from "./attempt.js";
import { AWS_POOL } from "./context.js";

const { issuer, userPoolId } = AWS_POOL;
const host = "cognito-idp.eu-west-1.amazonaws.com";

/** Issuers that are nearly, or to a lenient eye quite, that of the pool. */
const ISSUERS: readonly [string, unknown][] = [
  ["missing", undefined],
  ["null", null],
  ["empty", ""],
  ["a number", 7],
  ["true", true],
  ["a list of it", [issuer]],
  ["a list in a list", [[issuer]]],
  ["a list of two", [issuer, "https://idp.example.com"]],
  ["an object", { toString: issuer, url: issuer }],
  ["of another pool in the Region", `https://${host}/eu-west-1_ZyXwVuTsR`],
  ["of the same pool in another Region", issuer.replaceAll("eu-west-1", "us-east-1")],
  ["of another Region's host", issuer.replace("eu-west-1", "us-east-1")],
  ["of China's host", `https://${host}.cn/${userPoolId}`],
  ["of the FIPS host", issuer.replace("cognito-idp", "cognito-idp-fips")],
  ["the multi-Region one that nobody opted in to", issuer.replace("//", "//issuer-")],
  ["by http", issuer.replace("https", "http")],
  ["by ftp", issuer.replace("https", "ftp")],
  ["without a scheme", issuer.replace("https://", "")],
  ["without a scheme, with slashes", issuer.replace("https:", "")],
  ["of the scheme in upper case", issuer.replace("https", "HTTPS")],
  ["of the host in upper case", issuer.replace(host, host.toUpperCase())],
  ["of the pool in lower case", issuer.toLowerCase()],
  ["all in upper case", issuer.toUpperCase()],
  ["with its port", issuer.replace(host, `${host}:443`)],
  ["with an empty port", issuer.replace(host, `${host}:`)],
  ["with another port", issuer.replace(host, `${host}:8443`)],
  ["with user info", issuer.replace("//", "//x@")],
  ["with empty user info", issuer.replace("//", "//@")],
  ["with our host as user info of another", `https://${host}@idp.example.com/${userPoolId}`],
  ["with a dot after the host", issuer.replace(host, `${host}.`)],
  ["of a host that begins with ours", `https://${host}.idp.example.com/${userPoolId}`],
  ["of a host that ends with ours", `https://x${host}/${userPoolId}`],
  ["of a subdomain of ours", `https://x.${host}/${userPoolId}`],
  ["on another host's path", `https://idp.example.com/${host}/${userPoolId}`],
  ["in another host's query", `https://idp.example.com/?${issuer}`],
  ["in another host's fragment", `https://idp.example.com/#${issuer}`],
  ["with a slash after it", `${issuer}/`],
  ["with two slashes before the pool", issuer.replace(`/${userPoolId}`, `//${userPoolId}`)],
  ["with a dot segment", issuer.replace(`/${userPoolId}`, `/./${userPoolId}`)],
  ["with a way back", issuer.replace(`/${userPoolId}`, `/x/../${userPoolId}`)],
  ["with backslashes", issuer.replaceAll("/", "\\")],
  ["with a path after it", `${issuer}/.well-known/jwks.json`],
  ["with a query after it", `${issuer}?`],
  ["with a fragment after it", `${issuer}#`],
  ["with a parameter after it", `${issuer};x`],
  ["with a pool's name that begins with ours", `${issuer}X`],
  ["with a pool's name that ours begins with", issuer.slice(0, -1)],
  ["the pool's id alone", userPoolId],
  ["the host alone", `https://${host}`],
  ["with a percent-encoded underscore", issuer.replace("_", "%5F")],
  ["with a percent-encoded letter", issuer.replace("AbC", "%41bC")],
  ["with a percent-encoded slash", issuer.replace(`/${userPoolId}`, `%2F${userPoolId}`)],
  ["with a Cyrillic letter", issuer.replace("a", "\u0430")],
  ["with a full-width dot", issuer.replace(".", "\uff0e")],
  ["with a soft hyphen", issuer.replace("-", "\u00ad-")],
  ["with a zero-width space", `${issuer}\u200b`],
  ["with a space before it", ` ${issuer}`],
  ["with a space after it", `${issuer} `],
  ["with a line end after it", `${issuer}\n`],
  ["with a NUL after it", `${issuer}\0`],
  ["with another after a comma", `${issuer},https://idp.example.com`],
  ["with another after a space", `${issuer} https://idp.example.com`],
  ["in quotes", `"${issuer}"`],
  ["the name constructor", "constructor"],
  ["the name __proto__", "__proto__"],
  ["the name toString", "toString"],
  ["a URL on this machine", "http://127.0.0.1:1/x"],
  ["the metadata service's URL", "http://169.254.169.254/latest/meta-data"],
];

/** A token of a foreign issuer costs no call, whatever its host. */
const issuerAttack = ([name, iss]: (typeof ISSUERS)[number]): Attack =>
  refused(`an issuer ${name} is refused, and makes no call`, (w) => bearer(w.awsToken({ iss })), "invalid_claims", {
    claim: "iss",
    app: (w) => w.awsApp(),
    after: ({ keyCalls }) => expect(keyCalls()).to.deep.equal({ ours: 0, strangers: 0 }),
  });

export const issuerAttacks: readonly Attack[] = [
  ...ISSUERS.map(issuerAttack),
  refused(
    "a token of another pool, good there, is refused, and makes no call there",
    (w) => bearer(w.stranger.signIn({ username: "eve" }).accessToken),
    "invalid_claims",
    {
      claim: "iss",
      after: ({ keyCalls }) => expect(keyCalls()).to.deep.equal({ ours: 0, strangers: 0 }),
    },
  ),
];
