import { type BrowserSession, useAuthSession } from "cognito-auth-session/react";
import { useEffect, useRef } from "react";
import { Account } from "./account.js";
import { Admin } from "./admin.js";
import { Files } from "./files.js";
import { Landing } from "./landing.js";
import { Logo } from "./pictures.js";
import { Link, usePath } from "./router.js";

const PAGES = [
  { path: "/", title: "Account", Page: Account },
  { path: "/files", title: "Files", Page: Files },
  { path: "/admin", title: "Admin", Page: Admin },
] as const;

export function App() {
  const { session, loading, error } = useAuthSession();
  const path = usePath();
  const wasSignedIn = useRef(false);
  if (session !== undefined) wasSignedIn.current = true;
  const page = PAGES.find((each) => each.path === path) ?? PAGES[0];

  useEffect(() => {
    document.title = session === undefined ? "Strongbox" : `${page.title} · Strongbox`;
  }, [session, page]);

  if (loading) {
    return (
      <p className="loading" role="status">
        One moment…
      </p>
    );
  }
  if (session === undefined)
    return <Landing hasLeft={wasSignedIn.current} isUnreachable={isOutage(error)} path={path} />;
  return (
    <>
      <Header session={session} path={page.path} />
      <main id="main" tabIndex={-1}>
        {isOutage(error) && (
          <p className="notice" role="alert">
            The server cannot be reached right now. This is what was known before; the page keeps trying.
          </p>
        )}
        <page.Page session={session} />
      </main>
    </>
  );
}

function Header({ session, path }: { session: BrowserSession; path: string }) {
  const { signOut } = useAuthSession();
  return (
    <header className="bar">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Link className="brand" to="/">
        <Logo />
        Strongbox
      </Link>
      <nav aria-label="Pages">
        {PAGES.map(({ path: to, title }) => (
          <Link key={to} to={to} isCurrent={to === path}>
            {title}
          </Link>
        ))}
      </nav>
      <div className="user">
        <span className="user-name">{session.username}</span>
        {/* Its failure shows as the session's error. */}
        <button type="button" className="quiet" onClick={() => signOut().catch(() => undefined)}>
          Sign out
        </button>
      </div>
    </header>
  );
}

/** An answer of 401 says that nobody is signed in, which is no outage. */
function isOutage(error: { readonly status: number } | undefined): boolean {
  return error !== undefined && error.status !== 401;
}
