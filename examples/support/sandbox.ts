import type { RequestListener } from "node:http";
import type { AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { startPlayground } from "../../src/playground/server.js";
import type { Files } from "../s3-user-files.js";
import { LocalS3 } from "./local-s3.js";

/** Everything the example needs in place of AWS, on loopback. */
export interface Sandbox {
  options: AuthSessionOptions;
  files: Files;
  /** What to try, with tokens to paste. */
  describe(origin: string): string;
  /** Serves the API on `PORT` of loopback (3000 where it is not set), and the playground's page at `/`. */
  serve(createApi: (sessions: SessionManager) => RequestListener): Promise<Served>;
  stop(): Promise<void>;
}

export interface Served {
  origin: string;
  close(): Promise<void>;
}

/** What the playground offers to call. */
const ROUTES = [
  { method: "GET", path: "/me", needs: "any good token" },
  { method: "GET", path: "/admin", needs: 'requireGroup("admin")' },
  { method: "PUT", path: "/files/hello.txt", needs: "requireCredentials()", body: "Hello, S3" },
  { method: "GET", path: "/files", needs: "requireCredentials()" },
  { method: "GET", path: "/orders", needs: 'requireScope("orders/read")' },
] as const;

export async function startSandbox(): Promise<Sandbox> {
  const cognito = await LocalCognito.start();
  const { s3, endpoint } = await LocalS3.start(cognito);
  return {
    options: cognito.options,
    files: { bucket: "files", s3: { region: "eu-west-1", endpoint, forcePathStyle: true } },
    describe: (origin) => describe(cognito, origin),
    async serve(create) {
      const port = Number(process.env.PORT ?? 3000);
      const { url, close } = await startPlayground({ port, cognito, api: { create, routes: ROUTES } });
      return { origin: url, close };
    },
    async stop() {
      await s3.stop();
      await cognito.stop();
    },
  };
}

function describe(cognito: LocalCognito, origin: string): string {
  const token = (username: string, groups: string[]) =>
    cognito.signIn({ username, groups, attributes: { email: `${username}@example.com` } }).idToken;
  const expired = cognito.signToken({ tokenUse: "id", claims: { exp: Math.floor(Date.now() / 1000) - 60 } });
  return `
  The example API is on ${origin}
  There is no AWS behind it: a user pool, an identity pool and an S3 stand-in run on this machine.

  1. Paste these four tokens into a second terminal: an admin, a reader, a user without a group, and one that has expired.

ADMIN=${token("ada", ["admin"])}
READER=${token("rob", ["reader"])}
NOBODY=${token("nia", [])}
EXPIRED=${expired}

  2. Then try:

# Who am I? Claims, groups, and when the user's AWS credentials expire.
curl -iw '\\n' -H "Authorization: Bearer $READER" ${origin}/me

# Store a file in S3 as the user, and list my files. Nobody else sees them.
curl -iw '\\n' -H "Authorization: Bearer $READER" -X PUT --data 'Hello, S3' ${origin}/files/hello.txt
curl -iw '\\n' -H "Authorization: Bearer $READER" ${origin}/files
curl -iw '\\n' -H "Authorization: Bearer $NOBODY" ${origin}/files

# Admins only: 200 for the admin, 403 for the others.
curl -iw '\\n' -H "Authorization: Bearer $ADMIN" ${origin}/admin
curl -iw '\\n' -H "Authorization: Bearer $NOBODY" ${origin}/admin

# An expired token: 401, and the answer says why.
curl -iw '\\n' -H "Authorization: Bearer $EXPIRED" ${origin}/me

  3. Or open ${origin} in a browser: the playground has the same users, shows why a request is refused, and breaks things.

  Ctrl-C stops it.
`;
}
