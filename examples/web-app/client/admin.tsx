import type { BrowserSession } from "cognito-auth-session/react";
import { useServer } from "./api.js";
import { LockIcon } from "./pictures.js";
import { Link } from "./router.js";

interface Activity {
  readonly id: number;
  readonly type: string;
  readonly username: string;
  readonly at: string;
}

const WORDS: Readonly<Record<string, string>> = {
  signedIn: "signed in",
  signedOut: "signed out",
  tokenRefresh: "got new tokens",
  tokenRefresh_failure: "could not get new tokens",
  credentialsRefresh: "got AWS credentials",
};

/** For admins. The server decides: a page cannot keep anybody out. */
export function Admin({ session }: { session: BrowserSession }) {
  const { data, problem, reload } = useServer<{ recent: readonly Activity[] }>("/api/admin");
  if (problem?.code === "insufficient_group") return <Refusal session={session} />;
  return (
    <>
      <h1>Admin</h1>
      <section className="card" aria-labelledby="activity">
        <div className="head">
          <h2 id="activity">What happened lately</h2>
          <button type="button" onClick={reload}>
            Look again
          </button>
        </div>
        {problem && (
          <p className="message bad" role="alert">
            {problem.detail}
          </p>
        )}
        <ul className="activity">
          {data?.recent.map(({ id, type, username, at }) => (
            <li key={id}>
              <span className="initial" aria-hidden="true">
                {username[0]?.toUpperCase()}
              </span>
              <span>
                <strong>{username}</strong> {WORDS[type] ?? type}
              </span>
              <time className="soft" dateTime={at}>
                {new Date(at).toLocaleTimeString("en", { timeStyle: "medium" })}
              </time>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Refusal({ session: { username, groups } }: { session: BrowserSession }) {
  return (
    <section className="card refusal" aria-labelledby="refusal">
      <LockIcon />
      <h1 id="refusal">This page is for admins</h1>
      <p>
        You are signed in as <strong>{username}</strong>,{" "}
        {groups.length === 0 ? "who is in no group" : `whose groups are ${groups.join(", ")}`}. The page needs the group{" "}
        <span className="group">admin</span>.
      </p>
      <p className="soft">
        If you should be let in, ask an administrator to add you, then refresh your tokens on the account page.
      </p>
      <Link className="button" to="/">
        To my account
      </Link>
    </section>
  );
}
