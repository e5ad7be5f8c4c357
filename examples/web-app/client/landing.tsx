import { useAuthSession } from "cognito-auth-session/react";
import { Logo, Strongbox } from "./pictures.js";

const STATIONS = [
  { where: "Browser", what: "one cookie", text: "An opaque id that no script can read. No token ever gets here." },
  { where: "Your server", what: "the tokens", text: "Kept, renewed and revoked out of reach of every page." },
  { where: "Amazon S3", what: "your own key", text: "Each call is signed as you, under your IAM role." },
] as const;

interface LandingProps {
  /** Whether somebody was signed in here a moment ago. */
  hasLeft: boolean;
  isUnreachable: boolean;
  path: string;
}

/** What somebody sees who is not signed in. */
export function Landing({ hasLeft, isUnreachable, path }: LandingProps) {
  const { signIn } = useAuthSession();
  return (
    <main id="main" tabIndex={-1} className="landing">
      <p className="brand">
        <Logo />
        Strongbox
      </p>
      {isUnreachable && (
        <p className="notice" role="alert">
          The server cannot be reached right now. The page keeps trying.
        </p>
      )}
      {hasLeft && !isUnreachable && (
        <p className="notice" role="status">
          You have been signed out.
        </p>
      )}
      <div className="hero">
        <div>
          <h1>
            Your files.
            <br />
            <em>Signed by you.</em>
          </h1>
          <p className="lead">A small web application that reads and writes S3 as the user who signed in.</p>
          <button type="button" className="primary big" onClick={() => signIn()}>
            Sign in
          </button>
          {path !== "/" && (
            <p className="soft small">
              You come back to <code>{path}</code>.
            </p>
          )}
        </div>
        <Strongbox />
      </div>
      <ol className="stations">
        {STATIONS.map(({ where, what, text }) => (
          <li key={where}>
            <h2>
              {where} <span>{what}</span>
            </h2>
            <p>{text}</p>
          </li>
        ))}
      </ol>
    </main>
  );
}
