// The form that mints tokens, good ones and faulty ones.
import { find, make } from "./dom.js";
import { Refusal, server } from "./server.js";
import { setToken } from "./token-panel.js";

const error = find("mint-error", HTMLElement);
const select = (/** @type {string} */ id) => find(id, HTMLSelectElement);
const input = (/** @type {string} */ id) => find(id, HTMLInputElement);

/** @param {import("./server.js").Setup} setup */
export function startMintForm({ faults }) {
  select("mint-fault").append(
    ...faults.map(({ name, label }) => {
      const option = make("option", "", label);
      option.value = name;
      return option;
    }),
  );
  find("mint-form", HTMLFormElement).addEventListener("submit", async (event) => {
    event.preventDefault();
    error.textContent = "";
    await mint().catch((failure) => {
      if (!(failure instanceof Refusal)) throw failure;
      error.textContent = failure.message;
    });
  });
}

async function mint() {
  const claims = claimsOf(find("mint-claims", HTMLTextAreaElement).value.trim());
  if (claims === undefined) {
    error.textContent = 'Claims are JSON, like { "custom:tenant": "acme" }.';
    return;
  }
  const { token } = await server.mint({
    username: input("mint-user").value,
    groups: listOf(input("mint-groups").value, ","),
    scopes: listOf(input("mint-scopes").value, /[\s,]+/),
    tokenUse: select("mint-use").value,
    seconds: Number(select("mint-seconds").value),
    fault: select("mint-fault").value,
    claims,
  });
  await setToken(token);
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function claimsOf(text) {
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @param {string} text
 * @param {string | RegExp} separator
 */
function listOf(text, separator) {
  return text
    .split(separator)
    .map((each) => each.trim())
    .filter((each) => each !== "");
}
