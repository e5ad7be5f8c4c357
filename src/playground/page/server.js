// The playground's own server: what the page asks it, and has it do.

/**
 * @typedef {object} Setup
 * @property {Record<string, string>} ids
 * @property {readonly { username: string, groups: readonly string[], scopes: readonly string[] }[]} users
 * @property {readonly import("../api.js").RouteToTry[]} routes
 * @property {readonly { name: string, label: string }[]} faults
 * @property {readonly string[]} steps
 */

/**
 * @typedef {object} State
 * @property {number} nowMs
 * @property {Record<string, number>} counts
 * @property {string} upstream
 * @property {number} skewSeconds
 */

/**
 * @typedef {object} CallReport
 * @property {import("../session-view.js").SessionView} [session]
 * @property {Record<string, number>} counts
 * @property {string} [claim]
 * @property {import("../why.js").Explanation} [why]
 */

/** What the server says of a request that it does not take. */
export class Refusal extends Error {}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<unknown>}
 */
async function ask(path, init) {
  const response = await fetch(`/playground/${path}`, init);
  const body = await response.json();
  if (!response.ok) throw new Refusal(body.detail);
  return body;
}

/**
 * @param {string} action
 * @param {object} given
 */
function perform(action, given) {
  const headers = { "Content-Type": "application/json" };
  return ask(action, { method: "POST", headers, body: JSON.stringify(given) });
}

// The server is ours and of the same version: its answers are what its types say.
export const server = {
  setup: async () => /** @type {Setup} */ (await ask("setup")),
  state: async () => /** @type {State} */ (await ask("state")),
  /**
   * @param {string} id
   * @param {string} code
   */
  call: async (id, code) => /** @type {CallReport} */ (await ask(`call?${new URLSearchParams({ id, code })}`)),
  /** @param {string} username */
  signIn: async (username) =>
    /** @type {{ accessToken: string, idToken: string }} */ (await perform("sign-in", { username })),
  /** @param {object} wanted */
  mint: async (wanted) => /** @type {{ token: string }} */ (await perform("mint", wanted)),
  /** @param {string} token */
  inspect: async (token) =>
    /** @type {{ token?: import("../claims.js").TokenView }} */ (await perform("inspect", { token })),
  /** @param {string} mode */
  setUpstream: (mode) => perform("upstream", { mode }),
  /** @param {number} skewSeconds */
  setClock: (skewSeconds) => perform("clock", { skewSeconds }),
  /** @param {boolean} keepOld */
  rotateKeys: (keepOld) => perform("rotate", { keepOld }),
  restart: () => perform("restart", {}),
};
