import type { Answer } from "../endpoint.js";
import { html, page } from "./html.js";

/** What a browser sees where it cannot be led back to the app. */
export function errorPage(message: string, status = 400): Answer {
  const content = html`<main>
<p class="brand">LocalCognito</p>
<h1>This cannot go on</h1>
<p class="error" role="alert">${message}</p>
<p class="hint">Go back to the app and look at how it calls its managed login.</p>
</main>`;
  return page(status, "Error · LocalCognito", content);
}
