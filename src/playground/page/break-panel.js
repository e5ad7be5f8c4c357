// 3. Switches that break things, and the count of calls to Cognito.
import { choice, find, make } from "./dom.js";
import { server } from "./server.js";

const note = find("break-note", HTMLElement);
const upstream = choice("upstream");
const clock = choice("clock");

/** @type {Record<string, string>} */
const UPSTREAM_NOTES = {
  up: "Cognito answers again. After failures the API waits a moment before it asks.",
  throttled:
    "The identity pool answers TooManyRequestsException. Who has credentials keeps them; restart the API to see the others.",
  slow: "Each call to Cognito takes two seconds. Restart the API, call a route, and call it again.",
  down: "Connections to Cognito are cut. What the API has cached still serves; restart it to see a cold start.",
};
/** @type {Record<string, string>} */
const CLOCK_NOTES = {
  0: "The API's clock is right again.",
  "-600": "New tokens are from the API's future: it refuses their iat.",
  7200: "All tokens have expired for the API, new ones too.",
};

/**
 * @param {() => Promise<void>} onChange called after each switch
 */
export function startBreakPanel(onChange) {
  /**
   * @param {Promise<unknown>} done
   * @param {string} text
   */
  const after = async (done, text) => {
    await done;
    note.textContent = text;
    await onChange();
  };
  upstream.onChange((mode) => void after(server.setUpstream(mode), UPSTREAM_NOTES[mode] ?? ""));
  clock.onChange((seconds) => void after(server.setClock(Number(seconds)), CLOCK_NOTES[seconds] ?? ""));
  /**
   * @param {string} id
   * @param {() => Promise<unknown>} action
   * @param {string} text
   */
  const button = (id, action, text) => {
    find(id, HTMLButtonElement).addEventListener("click", () => void after(action(), text));
  };
  button(
    "rotate",
    () => server.rotateKeys(false),
    "New keys, the old ones are withdrawn. Tokens from before work until the API fetches the keys again: call with a new token, then with an old one.",
  );
  button(
    "rotate-keep",
    () => server.rotateKeys(true),
    "New keys beside the old ones. All tokens work; the first one with a new key costs one fetch.",
  );
  button("restart", () => server.restart(), "The API started anew, with empty caches.");
}

/** @param {import("./server.js").State} state */
export function showState({ counts, upstream: mode, skewSeconds }) {
  upstream.value = mode;
  clock.value = String(skewSeconds);
  for (const [operation, count] of Object.entries(counts)) setCell(`total-${operation}`, operation, count);
}

/** @param {Record<string, number>} counts */
export function showLastCall(counts) {
  for (const [operation, count] of Object.entries(counts)) setCell(`last-${operation}`, operation, count);
}

/**
 * @param {string} id
 * @param {string} operation
 * @param {number} count
 */
function setCell(id, operation, count) {
  const cell = document.getElementById(id) ?? addRow(operation, id);
  const text = String(count);
  if (cell === null || cell.textContent === text) return;
  cell.textContent = text;
  cell.classList.toggle("fresh", count > 0);
}

/**
 * @param {string} operation
 * @param {string} id
 */
function addRow(operation, id) {
  const head = make("th", "", operation);
  head.scope = "row";
  const [last, total] = [make("td", "", "0"), make("td", "", "0")];
  last.id = `last-${operation}`;
  total.id = `total-${operation}`;
  find("counts", HTMLElement).append(make("tr", "", head, last, total));
  return document.getElementById(id);
}
