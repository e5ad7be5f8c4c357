// 2. Calls a route of the API, and shows what was sent, what came, and why.
import { fact, find, make, prose } from "./dom.js";
import { server } from "./server.js";
import { tokensToSend } from "./token-panel.js";

const SHOWN_OF_TOKEN = 16;

const outcome = find("outcome", HTMLElement);
const result = find("result", HTMLElement);
const steps = find("steps", HTMLElement);
const why = find("why", HTMLElement);

/** @typedef {import("../api.js").RouteToTry} Route */
/** @typedef {{ status: number, statusText: string, headers: [string, string][], text: string, code: string, detail: string }} Answer */

/**
 * @param {import("./server.js").Setup} setup
 * @param {(report: import("./server.js").CallReport) => void} onReport told of each call
 */
export function startCallPanel({ routes, steps: names }, onReport) {
  find("routes", HTMLElement).append(
    ...routes.map((route) => {
      const button = make(
        "button",
        "route",
        make("code", "", `${route.method} ${route.path}`),
        make("span", "soft", route.needs),
      );
      button.type = "button";
      button.addEventListener("click", async () => {
        button.setAttribute("aria-busy", "true");
        outcome.className = "outcome";
        outcome.textContent = `Calling ${route.path} …`;
        await call(route, names, onReport).finally(() => button.removeAttribute("aria-busy"));
      });
      return button;
    }),
  );
}

/**
 * @param {Route} route
 * @param {readonly string[]} names
 * @param {(report: import("./server.js").CallReport) => void} onReport
 */
async function call(route, names, onReport) {
  const id = crypto.randomUUID();
  const { bearer, idToken } = tokensToSend();
  // What cannot stand in a header at all is shown as such, not as an outage.
  const isSendable = /^[\x20-\x7e]*$/.test(bearer + idToken);
  if (!isSendable) {
    outcome.textContent = "No request can carry this: a header takes one line of plain characters.";
    outcome.className = "outcome bad";
    return;
  }
  /** @type {[string, string][]} */
  const headers = [
    ...(bearer === "" ? [] : [/** @type {[string, string]} */ (["Authorization", `Bearer ${bearer}`])]),
    ...(idToken === "" ? [] : [/** @type {[string, string]} */ (["X-Id-Token", idToken])]),
  ];
  const answer = await fetchAnswer(route, [...headers, ["X-Playground-Call", id]]);
  const report = await server.call(id, answer.code);
  showRequest(route, headers);
  showAnswer(answer);
  showWay(names, answer, report.why?.step);
  showWhy(route, answer, report);
  showCost(report.counts);
  result.hidden = false;
  onReport(report);
}

/**
 * @param {Route} route
 * @param {[string, string][]} headers
 * @returns {Promise<Answer>}
 */
async function fetchAnswer({ method, path, body }, headers) {
  const init = { method, headers, ...(body !== undefined && { body }) };
  const response = await fetch(path, init);
  const { status, statusText } = response;
  const text = await response.text();
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json") ?? false;
  const { code = "", detail = "" } = isProblem ? JSON.parse(text) : {};
  return { status, statusText, headers: [...response.headers], text, code, detail };
}

/**
 * @param {Route} route
 * @param {[string, string][]} headers
 */
function showRequest({ method, path, body }, headers) {
  const lines = headers.map(([name, value]) => `${name}: ${shorten(value)}`);
  find("request", HTMLElement).textContent = [
    `${method} ${path}`,
    ...(lines.length === 0 ? ["(no token)"] : lines),
    ...(body === undefined ? [] : ["", body]),
  ].join("\n");
}

/** @param {string} value */
function shorten(value) {
  const start = value.lastIndexOf(" ") + 1 + SHOWN_OF_TOKEN;
  return value.length > start + 8 ? `${value.slice(0, start)}… (${value.length} characters)` : value;
}

const SHOWN_HEADERS = ["www-authenticate", "retry-after", "content-type", "cache-control"];

/** @param {Answer} answer */
function showAnswer({ status, statusText, headers, text }) {
  const shown = headers.filter(([name]) => SHOWN_HEADERS.includes(name));
  const lines = shown.map(([name, value]) =>
    make("span", name === "www-authenticate" ? "mark" : "", `${name}: ${value}\n`),
  );
  find("answer", HTMLElement).replaceChildren(`HTTP ${status} ${statusText}\n`, ...lines, `\n${pretty(text)}`);
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/**
 * @param {readonly string[]} names
 * @param {Answer} answer
 * @param {string | undefined} stoppedAt
 */
function showWay(names, { status }, stoppedAt) {
  const end = stoppedAt === undefined ? names.length - 1 : names.indexOf(stoppedAt);
  steps.replaceChildren(
    ...names.map((name, index) => {
      const isStop = index === end && status >= 400;
      const [state, words] = isStop
        ? ["stop", "stopped here"]
        : index <= end
          ? ["done", "passed"]
          : ["", "not reached"];
      const item = make("li", state, name, make("span", "unseen", `: ${words}`));
      return item;
    }),
  );
}

/**
 * @param {Route} route
 * @param {Answer} answer
 * @param {import("./server.js").CallReport} report
 */
function showWhy(route, { status, statusText, detail, code }, { session, why: reason }) {
  outcome.className = `outcome ${status < 400 ? "good" : status < 500 ? "bad" : "down"}`;
  outcome.replaceChildren(make("b", "", `${status} ${statusText}`), detail === "" ? "" : ` ${detail}`);
  const facts = reason && [
    fact("Which check", ...prose(reason.check)),
    ...(reason.step === "Guard" ? [fact("It asks for", make("code", "", route.needs))] : []),
    ...(session === undefined ? [] : found(code, session)),
    fact("What to change", ...prose(reason.change)),
    fact("Try it here", ...prose(reason.here)),
  ];
  why.hidden = facts === undefined;
  why.replaceChildren(...(facts ?? []));
}

/**
 * What the guard found in place of what it asks for.
 *
 * @param {string} code
 * @param {import("../session-view.js").SessionView} session
 */
function found(code, { groups, scopes }) {
  if (code === "insufficient_group") return [fact("It found", groups.length === 0 ? "no groups" : groups.join(", "))];
  if (code !== "insufficient_scope") return [];
  return [fact("It found", scopes.length === 0 ? "no scopes" : scopes.join(", "))];
}

/** @param {Record<string, number>} counts */
function showCost(counts) {
  const made = Object.entries(counts).filter(([, count]) => count > 0);
  find("cost", HTMLElement).textContent =
    made.length === 0
      ? "It cost no call to Cognito."
      : `Calls to Cognito for it: ${made.map(([name, count]) => `${name} ${count}`).join(", ")}.`;
}
