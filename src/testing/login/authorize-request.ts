import type { AppClient } from "../app-client.js";
import { isRepeated, Refusal, redirect } from "../endpoint.js";
import { type LocalUser, type LocalUsers, USER_SCOPE } from "../users.js";
import { errorPage } from "./error-page.js";
import type { RedirectUrls } from "./redirect-urls.js";

/** The scopes that every app client may ask for. */
export const SCOPES: readonly string[] = ["openid", "email", "profile", "phone", USER_SCOPE];

/** The parameters that the login page carries on. */
export const CARRIED = [
  "client_id",
  "redirect_uri",
  "response_type",
  "scope",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
] as const;

/** A valid request of an app to sign somebody in. */
export interface AuthorizeRequest {
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly nonce: string | undefined;
  readonly codeChallenge: string | undefined;
  /** Undefined where the app left it to the service. */
  readonly scopes: readonly string[] | undefined;
  readonly prompts: readonly string[];
}

/** Reads and validates what an app asks the managed login for. */
export class AuthorizeRequests {
  constructor(
    private readonly client: AppClient,
    private readonly callbackUrls: RedirectUrls,
    private readonly users: LocalUsers,
  ) {}

  /**
   * @throws {Refusal} an error page while it is not certain where the browser may be led, else a redirect with `error`
   */
  read(parameters: URLSearchParams): AuthorizeRequest {
    const redirectUri = this.#redirectUriOf(parameters);
    const state = parameters.get("state") ?? undefined;
    const error = this.#errorOf(parameters);
    if (error !== undefined) {
      const [name, description] = error;
      throw new Refusal(redirect(redirectUri, { error: name, error_description: description, state }));
    }
    return {
      redirectUri,
      state,
      nonce: parameters.get("nonce") ?? undefined,
      codeChallenge: parameters.get("code_challenge") ?? undefined,
      scopes: parameters.has("scope") ? wordsOf(parameters, "scope") : undefined,
      prompts: wordsOf(parameters, "prompt"),
    };
  }

  #redirectUriOf(parameters: URLSearchParams): string {
    if (parameters.get("client_id") !== this.client.id || isRepeated(parameters, "client_id")) {
      throw new Refusal(errorPage("There is no app client with this client_id."));
    }
    const redirectUri = parameters.get("redirect_uri");
    if (this.callbackUrls.allows(redirectUri) && !isRepeated(parameters, "redirect_uri")) return redirectUri;
    throw new Refusal(errorPage("The redirect_uri is not one of the app client's callback URLs."));
  }

  #errorOf(parameters: URLSearchParams): readonly [error: string, description: string] | undefined {
    const repeated = [...CARRIED, "prompt"].find((name) => isRepeated(parameters, name));
    if (repeated !== undefined) return ["invalid_request", `${repeated} came more than once`];
    const type = parameters.get("response_type");
    if (type === null) return ["invalid_request", "response_type is required"];
    if (type !== "code") return ["unsupported_response_type", "response_type must be code"];
    const strange = wordsOf(parameters, "scope").find((scope) => !this.#knowsScope(scope));
    if (strange !== undefined) return ["invalid_scope", "no such scope"];
    const challenge = parameters.get("code_challenge");
    const method = parameters.get("code_challenge_method");
    if (challenge === null && method === null) return undefined;
    if (method !== "S256") return ["invalid_request", "code_challenge_method must be S256"];
    const isHash = /^[\w-]{43}$/.test(challenge ?? "");
    return isHash ? undefined : ["invalid_request", "code_challenge must be a SHA-256 hash in base64url"];
  }

  /** A resource server's scopes are not declared anywhere: they are those that some user has. */
  #knowsScope(scope: string): boolean {
    return SCOPES.includes(scope) || this.users.all.some(({ scopes = [] }) => scopes.includes(scope));
  }
}

/** What a user gets of the scopes asked for. */
export function grantedScopes({ scopes: own = [USER_SCOPE] }: LocalUser, asked: readonly string[] | undefined) {
  return asked === undefined ? own : asked.filter((scope) => SCOPES.includes(scope) || own.includes(scope));
}

function wordsOf(parameters: URLSearchParams, name: string): readonly string[] {
  const words = (parameters.get(name) ?? "").split(" ").filter((word) => word !== "");
  return [...new Set(words)];
}
