import { type Answer, type Endpoint, type EndpointRequest, redirect } from "../endpoint.js";
import type { LocalUser, LocalUsers } from "../users.js";
import type { AuthorizationCodes } from "./authorization-codes.js";
import { type AuthorizeRequest, type AuthorizeRequests, grantedScopes } from "./authorize-request.js";
import { errorPage } from "./error-page.js";
import type { HostedSession, HostedSessions } from "./hosted-sessions.js";
import { loginPage } from "./login-page.js";

/** A user pool's own bound. */
const MAX_NAME_LENGTH = 128;

/** What the endpoints that a browser signs in at work with. */
export interface SignInParts {
  /** Where the login page is, for telling its own form from another site's. */
  readonly origin: string;
  readonly users: LocalUsers;
  readonly requests: AuthorizeRequests;
  readonly sessions: HostedSessions;
  readonly codes: AuthorizationCodes;
}

/** `/oauth2/authorize`, and `/login`, which its page posts to. */
export class SignInEndpoints {
  constructor(private readonly parts: SignInParts) {}

  get authorize(): Endpoint {
    return {
      operation: "Authorize",
      isShared: false,
      methods: { GET: (request) => this.#authorize(request) },
      fail: ({ query }, error) => this.#refuse(query, error),
    };
  }

  get login(): Endpoint {
    return {
      operation: "Login",
      isShared: false,
      methods: { POST: (request) => this.#login(request) },
      fail: ({ form }, error) => this.#refuse(form, error),
    };
  }

  #authorize({ query, headers }: EndpointRequest): Answer {
    const { requests, sessions, users } = this.parts;
    const asked = requests.read(query);
    const session = sessions.find(headers);
    const wantsPage = asked.prompts.includes("login") || asked.prompts.includes("select_account");
    if (session !== undefined && !wantsPage) return this.#lead(asked, session);
    if (asked.prompts.includes("none")) return this.#refuse(query, "login_required");
    return loginPage({ users: users.all, parameters: query, redirectUri: asked.redirectUri });
  }

  #login({ form, headers }: EndpointRequest): Answer {
    const { requests, sessions, users, origin } = this.parts;
    const site = headers["sec-fetch-site"] ?? "same-origin";
    // Browsers send Origin with every form; what sends neither is no browser.
    if (site !== "same-origin" || (headers.origin ?? origin) !== origin) {
      return errorPage("This form was not sent from the login page.", 403);
    }
    const asked = requests.read(form);
    const user = this.#userOf(form);
    if (typeof user === "string") {
      return loginPage({ users: users.all, parameters: form, redirectUri: asked.redirectUri, message: user });
    }
    users.put("The login page", user);
    const { session, headers: cookie } = sessions.begin(user.username);
    return this.#lead(asked, session, cookie);
  }

  /** Who signs in, or what is wrong with the form. Groups that are given replace those that the user had. */
  #userOf(form: URLSearchParams): LocalUser | string {
    const { users } = this.parts;
    const given = form.get("username") ?? "";
    const known = users.find(given) ?? users.find(given.trim());
    const username = known?.username ?? given.trim();
    if (username === "") return "Say who you are: the user name is empty.";
    if (username.length > MAX_NAME_LENGTH) return `A user name has no more than ${MAX_NAME_LENGTH} characters.`;
    const groups = (form.get("groups") ?? "")
      .split(",")
      .map((group) => group.trim())
      .filter((group) => group !== "");
    return { ...known, username, ...(groups.length > 0 ? { groups: [...new Set(groups)] } : {}) };
  }

  /** Leads the browser back with a code. */
  #lead(asked: AuthorizeRequest, session: HostedSession, headers?: Readonly<Record<string, string>>): Answer {
    const { redirectUri, codeChallenge, nonce, state } = asked;
    const { username } = session;
    const scopes = grantedScopes(this.parts.users.find(username) ?? { username }, asked.scopes);
    const isOpenId = asked.scopes?.includes("openid") ?? true;
    const code = this.parts.codes.issue({ redirectUri, codeChallenge, nonce, scopes, isOpenId }, session);
    return redirect(redirectUri, { code, state }, headers);
  }

  #refuse(parameters: URLSearchParams, error: string): Answer {
    const { redirectUri, state } = this.parts.requests.read(parameters);
    return redirect(redirectUri, { error, state });
  }
}
