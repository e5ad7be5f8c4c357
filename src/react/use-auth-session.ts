import { useMemo, useSyncExternalStore } from "react";
import { AuthSessionClient, LOADING } from "./client.js";
import { browserPage } from "./page.js";
import type { AuthSessionActions, AuthSessionState } from "./types.js";

/** Options of `useAuthSession()`. */
export interface UseAuthSessionOptions {
  /** Where the server mounts the session routes (default `/auth`). */
  readonly path?: string;
}

/** What is known of the session, and what can be done about it. */
export type UseAuthSession = AuthSessionState & AuthSessionActions;

const clients = new Map<string, AuthSessionClient>();
const renderLoading = () => LOADING;

/**
 * The browser session behind this page, from the server's session routes. All components share one look; it is kept
 * fresh while any of them is mounted, and follows sign-outs in other tabs. While a server renders, `loading` is true.
 *
 * An outage is no sign-out: `error` is set and what was known of the session stays.
 *
 * @throws {TypeError} for a `path` that is not a path of this site
 * @example
 * ```tsx
 * function Account() {
 *   const { session, loading, isAuthenticated, signIn, signOut } = useAuthSession();
 *   if (loading) return <p>One moment...</p>;
 *   if (!isAuthenticated) return <button onClick={() => signIn()}>Sign in</button>;
 *   return <button onClick={() => signOut()}>Sign out {session.userInfo.email}</button>;
 * }
 * ```
 */
export function useAuthSession({ path = "/auth" }: UseAuthSessionOptions = {}): UseAuthSession {
  const client = useMemo(() => clientOf(path), [path]);
  const state = useSyncExternalStore(client.subscribe, client.getSnapshot, renderLoading);
  return useMemo(() => {
    const { refresh, signIn, signOut } = client;
    return { ...state, refresh, signIn, signOut };
  }, [client, state]);
}

/** One for each path of a page. A server keeps none: what it renders is for many users, and its memory is bounded. */
function clientOf(path: string): AuthSessionClient {
  const page = browserPage();
  const client = clients.get(path) ?? new AuthSessionClient(path, page);
  if (page.isBrowser) clients.set(path, client);
  return client;
}
