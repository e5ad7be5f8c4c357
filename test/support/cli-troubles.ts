import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { LocalCognito } from "cognito-auth-session/testing";
import type { Check } from "../../src/cli/doctor/check.js";
import { environmentOf } from "./cli.js";
import { drip } from "./drip.js";

/** One thing that is wrong, and what is said about it. */
export interface Trouble {
  readonly what: string;
  /** Brings it about. What it returns replaces the token, and adds to the options and the environment. */
  readonly cause: (cognito: LocalCognito) => Promise<Change> | Change;
  readonly failed: readonly Check["id"][];
  readonly says: RegExp;
  readonly fix: RegExp;
}

/** What a trouble changes about the call. */
export interface Change {
  readonly token?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  stop?(): Promise<void> | void;
}

/** Has the key set fetched from elsewhere. */
async function keySetFrom(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on a port has an address.
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { args: ["--jwks-uri", `http://127.0.0.1:${port}/`], stop };
}

/** What can be wrong, one thing at a time. */
export const TROUBLES: readonly Trouble[] = [
  {
    what: "the pool is down",
    cause: async (cognito) => {
      await cognito.stop();
      return {};
    },
    failed: ["issuer", "key-set", "token", "identity-pool"],
    says: /The key set cannot be fetched: nothing listens there/,
    fix: /Start the emulator, or correct the endpoint/,
  },
  {
    what: "the pool hangs",
    cause: (cognito) => {
      cognito.fail("JWKS", { delay: Number.POSITIVE_INFINITY });
      return { args: ["--timeout", "0.3"] };
    },
    failed: ["key-set", "token"],
    says: /The key set cannot be fetched: no answer within 0\.3 seconds/,
    fix: /firewall, VPC endpoints and proxy/,
  },
  {
    what: "the pool does not exist",
    cause: (cognito) => {
      for (const operation of ["JWKS", "OpenIdConfiguration"]) cognito.fail(operation, { status: 400 });
      return {};
    },
    failed: ["issuer", "key-set", "user-pool", "token"],
    says: /There is no user pool eu-west-1_/,
    fix: /Copy the user pool's id/,
  },
  {
    what: "something else answers for the key set",
    cause: (cognito) => {
      cognito.fail("JWKS", { body: "<html>captive portal</html>" });
      return {};
    },
    failed: ["key-set", "token"],
    says: /The key set holds no usable key/,
    fix: /something else answers there/,
  },
  {
    what: "a mirror compresses the key set",
    cause: async (cognito) => {
      const keys = gzipSync(await (await fetch(cognito.options.jwksUri)).text());
      return keySetFrom((_request, response) => response.setHeader("Content-Encoding", "gzip").end(keys));
    },
    failed: ["key-set", "token"],
    says: /The key set comes compressed/,
    fix: /leave it uncompressed/,
  },
  {
    what: "the key set's answer has no end",
    cause: (cognito) => {
      cognito.fail("JWKS", { body: "x".repeat(300_000) });
      return {};
    },
    failed: ["key-set", "token"],
    says: /The key set cannot be fetched: its answer is too long/,
    fix: /Check that the endpoint is Cognito's/,
  },
  {
    what: "the key set's answer drips",
    cause: async () => {
      const { args, stop } = await keySetFrom(drip);
      return { args: [...args, "--timeout", "0.3"], stop };
    },
    failed: ["key-set", "token"],
    says: /The key set cannot be fetched: no answer within 0\.3 seconds/,
    fix: /firewall, VPC endpoints and proxy/,
  },
  {
    what: "the key set has moved: what it leads to is not asked",
    cause: ({ options }) =>
      keySetFrom((_request, response) => response.writeHead(302, { Location: options.jwksUri }).end()),
    failed: ["key-set", "token"],
    says: /The key set cannot be fetched \(HTTP 302\)/,
    fix: /COGNITO_JWKS_URI/,
  },
  {
    what: "the issuer is another's",
    cause: ({ options }) => ({ args: ["--issuer", `http://127.0.0.1:1/${options.userPoolId}`] }),
    failed: ["issuer", "client", "token"],
    says: /issued by another user pool/,
    fix: /Compare the `iss`/,
  },
  {
    what: "the token is another pool's",
    cause: async () => {
      const other = await LocalCognito.start();
      return { token: other.signIn({ username: "ada" }).idToken, stop: () => other.stop() };
    },
    failed: ["client", "token"],
    says: /The claim is `iss`/,
    fix: /The token is another user pool's/,
  },
  {
    what: "the app client is another",
    cause: () => ({ args: ["--client-id", "another"] }),
    failed: ["client", "token"],
    says: /issued to another app client: its `aud` is not configured/,
    fix: /COGNITO_CLIENT_ID/,
  },
  {
    what: "the keys were rotated",
    cause: (cognito) => {
      cognito.rotateKeys();
      return {};
    },
    failed: ["token"],
    says: /The token's signature is not valid/,
    fix: /Sign in again/,
  },
  {
    what: "the token has expired",
    cause: (cognito) => ({ token: cognito.signToken({ tokenUse: "id", claims: { exp: 1_700_000_000 } }) }),
    failed: ["token"],
    says: /The token has expired/,
    fix: /Refresh the session/,
  },
  {
    what: "the token is none",
    cause: () => ({ token: "x.y.z" }),
    failed: ["token"],
    says: /not a well-formed JWT/,
    fix: /exactly as Cognito issued it/,
  },
  {
    what: "the identity pool is not linked to the user pool",
    cause: async () => {
      const other = await LocalCognito.start();
      const { identityPoolId, identityPoolEndpoint } = other.options;
      return { env: environmentOf({ identityPoolId, identityPoolEndpoint }), stop: () => other.stop() };
    },
    failed: ["identity-pool"],
    says: /The identity pool gives no identity.*GetId failed: NotAuthorizedException/,
    fix: /Add this user pool and app client to the identity pool/,
  },
  {
    what: "the identity pool does not exist",
    cause: () => ({ args: ["--identity-pool-id", "eu-west-1:00000000-0000-4000-8000-000000000000"] }),
    failed: ["identity-pool"],
    says: /GetId failed: ResourceNotFoundException/,
    fix: /names no identity pool in this Region/,
  },
  {
    what: "GetId is throttled",
    cause: (cognito) => {
      cognito.fail("GetId", { error: "TooManyRequestsException" });
      return {};
    },
    failed: ["get-id"],
    says: /GetId failed: TooManyRequestsException/,
    fix: /Retry/,
  },
  {
    what: "the identity pool has no roles",
    cause: (cognito) => {
      cognito.fail("GetCredentialsForIdentity", { error: "InvalidIdentityPoolConfigurationException" });
      return {};
    },
    failed: ["credentials"],
    says: /GetCredentialsForIdentity failed: InvalidIdentityPoolConfigurationException/,
    fix: /IAM roles of the identity pool/,
  },
  {
    what: "STS does not know the credentials",
    cause: (cognito) => {
      cognito.fail("GetCallerIdentity", { status: 403, body: "<Arn>arn:aws:sts::1:assumed-role/x</Arn>" });
      return {};
    },
    failed: ["caller"],
    says: /AWS STS does not take the credentials \(HTTP 403\)/,
    fix: /clock/,
  },
  {
    what: "STS names a caller that is no ARN",
    cause: (cognito) => {
      cognito.fail("GetCallerIdentity", { body: "<Arn>arn:aws:sts::123456789012:assumed-role/a\u001b[2J</Arn>" });
      return {};
    },
    failed: ["caller"],
    says: /does not take the credentials \(HTTP 200\)\.$/,
    fix: /AWS_ENDPOINT_URL_STS/,
  },
];
