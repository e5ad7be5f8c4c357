import { type AuthSessionError, type BrowserSession, useAuthSession } from "cognito-auth-session/react";
import { useEffect, useMemo, useState } from "react";
import { Ring } from "./pictures.js";

/** Who is signed in, and for how long. */
export function Account({ session }: { session: BrowserSession }) {
  const { userInfo, groups } = session;
  const name = userInfo.name ?? session.username ?? "you";
  return (
    <>
      <h1>Hello, {name.split(" ")[0]}</h1>
      <div className="columns">
        <section className="card" aria-labelledby="who">
          <h2 id="who">Who you are</h2>
          <p className="person">
            <span className="initial" aria-hidden="true">
              {name[0]?.toUpperCase()}
            </span>
            <span>
              <strong>{name}</strong>
              <br />
              {userInfo.email}
            </span>
          </p>
          <dl>
            <dt>User name</dt>
            <dd>{session.username}</dd>
            <dt>Groups</dt>
            <dd>
              {groups.length === 0 && <span className="soft">none</span>}
              {groups.map((group) => (
                <span className="group" key={group}>
                  {group}
                </span>
              ))}
            </dd>
            <dt>Session ends by</dt>
            <dd>
              <time dateTime={session.sessionExpiresAt}>{timeOf(session.sessionExpiresAt)}</time>
            </dd>
            <dt>Subject</dt>
            <dd>
              <code>{session.userSub}</code>
            </dd>
          </dl>
        </section>
        <Tokens session={session} />
      </div>
      <details className="card">
        <summary>All that this page knows of your session</summary>
        <pre>{JSON.stringify(session, null, 2)}</pre>
      </details>
    </>
  );
}

function Tokens({ session }: { session: BrowserSession }) {
  const { refresh } = useAuthSession();
  const [message, setMessage] = useState("");
  const secondsLeft = useCountdown(session);
  const { iat, exp } = session.claims;
  const lifetime = typeof iat === "number" && typeof exp === "number" ? exp - iat : session.expiresIn;

  const renew = async () => {
    setMessage("Renewing…");
    const renewed = await refresh().catch((error: AuthSessionError) => error);
    if (renewed === undefined) return;
    if (renewed instanceof Error) setMessage(`They could not be renewed: ${renewed.code}.`);
    else if (renewed.expiresAt === session.expiresAt) setMessage("They are only seconds old, and stay.");
    else setMessage("Renewed. Groups and attributes are up to date.");
  };

  return (
    <section className="card tokens" aria-labelledby="tokens">
      <h2 id="tokens">Your tokens</h2>
      <div className="dial">
        <Ring part={Math.min(1, secondsLeft / Math.max(1, lifetime))} />
        <p role="timer">
          <strong>{clockOf(secondsLeft)}</strong>
          left
        </p>
      </div>
      <p className="soft">
        They are on the server, which renews them in time. This page shows only how long they last.
      </p>
      <button type="button" onClick={renew}>
        Refresh now
      </button>
      <p className="message" role="status">
        {message}
      </p>
    </section>
  );
}

/** Seconds that the tokens still last, by this machine's clock alone: the server's may differ. */
function useCountdown(session: BrowserSession): number {
  const endsAtMs = useMemo(() => endOf(session), [session]);
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((endsAtMs - nowMs) / 1000));
}

/** A session is the same object until it is looked at anew, whichever page is shown meanwhile. */
const ends = new WeakMap<BrowserSession, number>();

function endOf(session: BrowserSession): number {
  const endsAtMs = ends.get(session) ?? Date.now() + session.expiresIn * 1000;
  ends.set(session, endsAtMs);
  return endsAtMs;
}

function clockOf(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function timeOf(iso: string): string {
  return new Date(iso).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });
}
