import type { Answer } from "../endpoint.js";
import type { LocalUser } from "../users.js";
import { CARRIED } from "./authorize-request.js";
import { type Html, html, page } from "./html.js";

/** What the login page shows. */
export interface LoginPageContent {
  readonly users: readonly LocalUser[];
  /** The valid authorize request, which the page carries on. */
  readonly parameters: URLSearchParams;
  readonly redirectUri: string;
  /** What was wrong with what came from the page. */
  readonly message?: string;
}

/** The page on which somebody says who they are. */
export function loginPage({ users, parameters, redirectUri, message }: LoginPageContent): Answer {
  const carried = CARRIED.flatMap((name) => {
    const value = parameters.get(name);
    return value === null ? [] : [html`<input type="hidden" name="${name}" value="${value}">`];
  });
  const content = html`<main>
<p class="brand">LocalCognito</p>
<h1>Sign in</h1>
<p class="to">to continue to <b>${originOf(redirectUri)}</b></p>
<p class="note">A stand-in for Amazon Cognito’s managed login, <b>for tests only</b>. No password is asked: be whoever you like.</p>
${message === undefined ? "" : html`<p class="error" role="alert">${message}</p>`}
${users.length === 0 ? "" : userList(users, carried)}
<form method="post" action="/login" class="other">${carried}
<label for="username">User name</label>
<input id="username" name="username" required maxlength="128" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="ada">
<label for="groups">Groups <span>separated by commas</span></label>
<input id="groups" name="groups" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="admin, editors">
<button class="primary">Sign in</button>
</form>
</main>`;
  return page(message === undefined ? 200 : 400, "Sign in · LocalCognito", content);
}

function userList(users: readonly LocalUser[], carried: readonly Html[]): Html {
  return html`<form method="post" action="/login" aria-label="Known users">${carried}
<ul class="users">${users.map(userItem)}</ul>
</form>
<p class="or"><span>or as somebody else</span></p>`;
}

function userItem({ username, groups = [] }: LocalUser): Html {
  const initial = [...username][0] ?? "";
  const labels = groups.map((group) => html`<span class="group">${group}</span>`);
  return html`<li><button class="user" name="username" value="${username}"><span class="initial" aria-hidden="true">${initial.toUpperCase()}</span><span class="who"><span class="name">${username}</span><span class="groups">${labels}</span></span></button></li>`;
}

/** Where the app is; a native app's own scheme has no origin. */
function originOf(url: string): string {
  const { origin, protocol } = new URL(url);
  return origin === "null" ? protocol : origin;
}
