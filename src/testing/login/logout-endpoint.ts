import type { AppClient } from "../app-client.js";
import { type Answer, type Endpoint, type EndpointRequest, isRepeated, redirect } from "../endpoint.js";
import { errorPage } from "./error-page.js";
import type { HostedSessions } from "./hosted-sessions.js";
import type { RedirectUrls } from "./redirect-urls.js";

/** Where to go afterwards: the real service's own parameter, and OpenID Connect's. */
const TARGETS = ["logout_uri", "post_logout_redirect_uri"] as const;

/** `/logout`: ends the managed login's session. Tokens that the app has stay good. */
export function logoutEndpoint(client: AppClient, urls: RedirectUrls, sessions: HostedSessions): Endpoint {
  return {
    operation: "Logout",
    isShared: false,
    methods: { GET: logout },
    fail: (_request, error, status) => errorPage(error, status),
  };

  function logout({ query, headers }: EndpointRequest): Answer {
    const isRepetitive = ["client_id", ...TARGETS].some((name) => isRepeated(query, name));
    if (query.get("client_id") !== client.id || isRepetitive) {
      return errorPage("There is no app client with this client_id.");
    }
    const [own, standard] = TARGETS.map((name) => query.get(name));
    const target = own ?? standard ?? null;
    if (!urls.allows(target)) return errorPage("The logout_uri is not one of the app client's sign-out URLs.");
    return redirect(target, { state: query.get("state") ?? undefined }, sessions.end(headers));
  }
}
