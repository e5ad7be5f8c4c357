// 1. Where the token comes from: a sample user, the mint, or the keyboard.
import { choice, find, make } from "./dom.js";
import { server } from "./server.js";
import { countdown } from "./times.js";

const bearer = find("bearer", HTMLTextAreaElement);
const idToken = find("id-token", HTMLTextAreaElement);
const second = find("second", HTMLElement);
const summary = find("token-summary", HTMLElement);
const send = choice("send");
/** Of the last sign-in, so that another choice needs no new one. @type {{ accessToken: string, idToken: string } | undefined} */
let signedIn;
/** @type {(token: import("../claims.js").TokenView | undefined) => void} */
let onToken = () => {};

/** What the page sends along. */
export function tokensToSend() {
  return { bearer: bearer.value.trim(), idToken: second.hidden ? "" : idToken.value.trim() };
}

/**
 * @param {import("./server.js").Setup} setup
 * @param {(token: import("../claims.js").TokenView | undefined) => void} listener told of the token, taken apart
 */
export function startTokenPanel({ users }, listener) {
  onToken = listener;
  find("users", HTMLElement).append(...users.map(userButton));
  send.onChange(() => void fillIn());
  for (const field of [bearer, idToken]) field.addEventListener("input", () => void readTokens());
  find("clear", HTMLButtonElement).addEventListener("click", () => {
    signedIn = undefined;
    void setToken("");
  });
  find("copy", HTMLButtonElement).addEventListener("click", async () => {
    await navigator.clipboard.writeText(tokensToSend().bearer).catch(() => bearer.select());
    summary.textContent = "Copied.";
  });
  void readTokens();
}

/**
 * Puts a token into the field.
 *
 * @param {string} token
 */
export async function setToken(token) {
  signedIn = undefined;
  second.hidden = true;
  idToken.value = "";
  fill(token);
  await readTokens();
}

/** Has the token that is there taken apart, and says what it is. */
export async function readTokens() {
  const raw = tokensToSend().bearer;
  const { token } = raw === "" ? {} : await server.inspect(raw);
  if (raw !== tokensToSend().bearer) return;
  summary.replaceChildren(...describe(raw, token));
  onToken(token);
}

/** @param {string} token */
function fill(token) {
  bearer.value = token;
  // Its beginning is what people know a token by.
  bearer.setSelectionRange(0, 0);
  bearer.scrollTop = 0;
}

/** @param {import("./server.js").Setup["users"][number]} user */
function userButton({ username, groups }) {
  const button = make(
    "button",
    "user",
    make("b", "", username),
    make("span", "soft", groups.length === 0 ? "no group" : groups.join(", ")),
  );
  button.type = "button";
  button.addEventListener("click", async () => {
    signedIn = await server.signIn(username);
    await fillIn();
  });
  return button;
}

async function fillIn() {
  if (signedIn === undefined) return;
  second.hidden = send.value !== "both";
  fill(send.value === "id" ? signedIn.idToken : signedIn.accessToken);
  idToken.value = second.hidden ? "" : signedIn.idToken;
  await readTokens();
}

/**
 * @param {string} raw
 * @param {import("../claims.js").TokenView | undefined} token
 * @returns {(string | Node)[]}
 */
function describe(raw, token) {
  if (raw === "") return ["No token yet."];
  if (token === undefined) return ["This is no token."];
  const kind = token.tokenUse === undefined ? "A token" : token.tokenUse === "id" ? "ID token" : "Access token";
  const expiry = token.expiresAtMs === undefined ? [] : [", expires ", countdown(token.expiresAtMs)];
  return [`${kind} of ${token.username ?? "nobody"}`, ...expiry, "."];
}
