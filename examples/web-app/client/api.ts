import { useAuthSession } from "cognito-auth-session/react";
import { useCallback, useEffect, useState } from "react";

/** What the server refused, in its own words (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly code?: string;
  readonly detail: string;
}

export type Loaded<T> =
  | { readonly data: T; readonly problem?: undefined }
  | { readonly data?: undefined; readonly problem?: Problem };

/** Asks the server. The session's cookie goes along by itself. */
export async function ask<T>(path: string, body?: object): Promise<Loaded<T>> {
  try {
    const response = await fetch(path, body && { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });
    const answer = await response.json();
    return response.ok ? { data: answer } : { problem: { ...answer, status: response.status } };
  } catch {
    return { problem: { status: 0, detail: "The server did not answer as it should. Please try again." } };
  }
}

const JSON_TYPE = { "Content-Type": "application/json" };

/** What a route of the server gives; `reload` asks again. */
export function useServer<T>(path: string): Loaded<T> & { reload: () => Promise<void> } {
  const { refresh } = useAuthSession();
  const [loaded, setLoaded] = useState<Loaded<T>>({});
  const reload = useCallback(async () => {
    const answer = await ask<T>(path);
    setLoaded(answer);
    // The session is over: have the page notice.
    if (answer.problem?.status === 401) await refresh().catch(() => undefined);
  }, [path, refresh]);
  useEffect(() => void reload(), [reload]);
  return { ...loaded, reload };
}
