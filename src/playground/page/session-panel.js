// 4. The session that a call got, and the claims of the token that is in the field.
import { fact, find, make } from "./dom.js";
import { countdown, readable, relativeTime } from "./times.js";

const note = find("session-note", HTMLElement);
const session = find("session", HTMLElement);
const claims = find("claims", HTMLElement);
const claimsNote = find("claims-note", HTMLElement);

/** @param {import("./server.js").CallReport} report */
export function showSession({ session: view, why }) {
  if (view === undefined) {
    note.textContent =
      why === undefined ? "The call got no session." : `The call got no session: it was stopped at "${why.step}".`;
    session.replaceChildren();
    return;
  }
  note.textContent = "What the route's handler had of the last call:";
  session.replaceChildren(
    fact("User", make("b", "", view.username ?? "nobody"), make("span", "soft id", view.userSub ?? "")),
    fact("Groups", ...tags(view.groups, "in no group")),
    fact("Scopes", ...tags(view.scopes, "none: scopes are in access tokens")),
    ...view.tokens.map(({ use, expiresAtMs }) => fact(use, "expires ", countdown(expiresAtMs))),
    ...credentialFacts(view.credentials),
  );
}

/** @param {import("../session-view.js").CredentialsView | undefined} credentials */
function credentialFacts(credentials) {
  if (credentials === undefined) return [fact("AWS credentials", "none: they need an ID token")];
  const { expiresAtMs, identityId = "", roleArn = "" } = credentials;
  return [
    fact("AWS credentials", ...(expiresAtMs === undefined ? ["for good"] : ["expire ", countdown(expiresAtMs)])),
    fact("Access key id", make("code", "", credentials.accessKeyId)),
    fact("Secret key", credentials.secretAccessKey),
    fact("Session token", credentials.sessionToken),
    fact("Identity id", make("code", "", identityId)),
    fact("IAM role", make("code", "", roleArn)),
  ];
}

/**
 * @param {readonly string[]} names
 * @param {string} none
 */
function tags(names, none) {
  return names.length === 0 ? [none] : names.map((name) => make("span", "tag", name));
}

/**
 * Shows a token that was taken apart.
 *
 * @param {import("../claims.js").TokenView | undefined} token
 */
export function showClaims(token) {
  if (token === undefined) {
    claimsNote.textContent = "No token, or none that can be read.";
    claims.replaceChildren();
    return;
  }
  claimsNote.textContent = claimsVerdict(token.fault);
  claims.replaceChildren(
    ...token.claims.map((row) => claimFact(row, row.name === token.fault?.claim)),
    ...token.header.map((row) => claimFact({ ...row, meaning: `header: ${row.meaning ?? row.name}` }, false)),
  );
}

/** @param {import("../claims.js").TokenView["fault"]} fault */
function claimsVerdict(fault) {
  if (fault === undefined) return "Nothing is wrong with these. The signature is looked at when you call a route.";
  if (fault.claim === undefined) return "The token has expired.";
  return `This API refuses the claim ${fault.claim}.`;
}

/**
 * @param {import("../claims.js").ClaimRow} row
 * @param {boolean} isWrong
 */
function claimFact({ name, value, meaning, atMs, expected }, isWrong) {
  const term = make(
    "dt",
    "",
    make("code", "", name),
    ...(meaning === undefined ? [] : [make("span", "soft", meaning)]),
  );
  const shown =
    atMs === undefined ? [value] : [`${readable(atMs)}, `, name === "exp" ? countdown(atMs) : relativeTime(atMs)];
  const wrong = isWrong
    ? [make("p", "error", expected === undefined ? "Refused." : `This API takes ${expected}.`)]
    : [];
  return make("div", isWrong ? "wrong" : "", term, make("dd", "", ...shown, ...wrong));
}
