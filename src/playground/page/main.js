// The page: puts its panels together, and follows the server.
import { showLastCall, showState, startBreakPanel } from "./break-panel.js";
import { startCallPanel } from "./call-panel.js";
import { fact, find, make } from "./dom.js";
import { startMintForm } from "./mint-form.js";
import { server } from "./server.js";
import { showClaims, showSession } from "./session-panel.js";
import { setApiClock, tick } from "./times.js";
import { readTokens, startTokenPanel } from "./token-panel.js";

const POLL_MS = 1000;
const lost = find("lost", HTMLElement);

async function follow() {
  try {
    const state = await server.state();
    setApiClock(state.nowMs);
    showState(state);
    if (!lost.hidden) lost.hidden = true;
  } catch {
    showLost();
  }
  tick();
}

function showLost() {
  if (!lost.hidden) return;
  lost.textContent = "The playground does not answer. Does it still run in the terminal?";
  lost.hidden = false;
}

const setup = await server.setup();
find("ids", HTMLElement).append(...Object.entries(setup.ids).map(([name, id]) => fact(name, make("code", "", id))));
await follow();
startTokenPanel(setup, showClaims);
startMintForm(setup);
startCallPanel(setup, (report) => {
  showSession(report);
  showLastCall(report.counts);
  void follow();
});
startBreakPanel(async () => {
  await follow();
  await readTokens();
});
setInterval(() => {
  if (document.visibilityState === "visible") void follow();
}, POLL_MS);
document.addEventListener("visibilitychange", () => void follow());
// What a click or a key could not do, because the server has gone.
addEventListener("unhandledrejection", showLost);
