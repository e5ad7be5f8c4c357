// Times as people read them, by the API's clock.

/** How far the API's clock is ahead of this browser's, in milliseconds. */
let aheadMs = 0;

/** @param {number} apiNowMs */
export function setApiClock(apiNowMs) {
  aheadMs = apiNowMs - Date.now();
}

/** What the API's clock says, in milliseconds since the epoch. */
export function apiNow() {
  return Date.now() + aheadMs;
}

/**
 * `59:07`, `1:02:03`.
 *
 * @param {number} ms
 */
function duration(ms) {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * How long it is until then: `in 59:07`, `0:12 ago`.
 *
 * @param {number} atMs
 */
export function fromNow(atMs) {
  const leftMs = atMs - apiNow();
  return leftMs > 0 ? `in ${duration(leftMs)}` : `${duration(leftMs)} ago`;
}

/** @param {number} atMs */
export function readable(atMs) {
  return `${new Date(atMs).toISOString().replace("T", " ").slice(0, 19)} UTC`;
}

/**
 * How long it is until an expiry: {@link tick} moves it on.
 *
 * @param {number} atMs
 */
export function countdown(atMs) {
  return relativeTime(atMs, "countdown expiry");
}

/**
 * How long it is until some moment, or since.
 *
 * @param {number} atMs
 * @param {string} className
 * @returns {HTMLElement}
 */
export function relativeTime(atMs, className = "countdown") {
  const element = document.createElement("time");
  element.className = className;
  element.dateTime = new Date(atMs).toISOString();
  element.dataset.atMs = String(atMs);
  show(element);
  return element;
}

/** Moves all countdowns of the page on. */
export function tick() {
  for (const element of document.querySelectorAll("time.countdown")) {
    if (element instanceof HTMLElement) show(element);
  }
}

/** @param {HTMLElement} element */
function show(element) {
  const atMs = Number(element.dataset.atMs);
  element.textContent = fromNow(atMs);
  element.classList.toggle("over", atMs <= apiNow());
}
