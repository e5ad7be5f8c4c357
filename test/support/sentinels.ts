import { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { expect } from "chai";
import { AuthError, SessionManager } from "cognito-auth-session";
import { LocalIdentityPool } from "../../src/testing/identity-pool.js";

/**
 * Looks, in every test of the suite, at all that leaves the package: answers, logs, errors and inspected sessions. None
 * may hold a token (all begin alike; what we sealed ourselves, `{"alg":"dir"`, is none), a secret that the identity pool gave, or the words of an upstream's answer.
 */
const TOKEN = /(?<![\w-])eyJ[A-Za-z0-9_-]{17,}/;
const SEALED = /eyJhbGciOiJkaXIi[A-Za-z0-9_-]*\.\.[A-Za-z0-9_.-]+/g;
/** Amplify's cookies hold tokens by their nature. */
const AMPLIFY_COOKIE = /CognitoIdentityServiceProvider\.[^;\s=]+=[^;\s]*/g;
const WORDS = [
  "Logins don't match",
  "Invalid login token",
  "not from a supported provider",
  "Unauthenticated access is not",
  "Invalid identity pool configuration",
  "Rate exceeded",
  "Request not allowed due to WAF",
  "Refresh token has been invalidated",
  "captive portal",
  "<html>",
];
/** More than any one test exchanges; older ones are of tests that are over. */
const MAX_SECRETS = 400;

const secrets: string[] = [];
const leaks: string[] = [];
let searched = 0;
/** Set while a test of this very search plants something. */
let planted: string[] | undefined;

function search(where: string, text: string): void {
  searched += 1;
  const found =
    TOKEN.exec(text.replaceAll(SEALED, "").replaceAll(AMPLIFY_COOKIE, ""))?.[0] ??
    [...WORDS, ...secrets].find((word) => text.includes(word));
  if (found !== undefined) (planted ?? leaks).push(`${where} holds ${found.slice(0, 20)}…: ${text.slice(0, 300)}`);
}

function searchValue(where: string, value: unknown): void {
  const cause = value instanceof Error ? `${value.stack} ${inspect(value.cause, { depth: 9, showHidden: true })}` : "";
  search(where, `${inspect(value, { depth: 9, showHidden: true })} ${JSON.stringify(value)} ${cause}`);
}

function rememberSecrets(): void {
  const { getCredentials } = LocalIdentityPool.prototype;
  LocalIdentityPool.prototype.getCredentials = function (request) {
    const credentials = getCredentials.call(this, request);
    secrets.push(credentials.SecretKey, credentials.SessionToken);
    if (secrets.length > MAX_SECRETS) secrets.splice(0, 2);
    return credentials;
  };
}

/** Answers of upstreams hold all that, and are told by what they answer to. The playground gives out LocalCognito's tokens. */
function isUpstream({ req }: ServerResponse): boolean {
  const isSts = req.headers["content-type"] === "application/x-www-form-urlencoded";
  const isPath = /\/\.well-known\/|\/jwks|^\/oauth2\/|^\/login(?:\?|$)|^\/playground\/(?:sign-in|mint)$/.test(
    req.url ?? "",
  );
  return isSts || isPath || req.headers["x-amz-target"] !== undefined;
}

function watchAnswers(): void {
  const { end } = ServerResponse.prototype;
  ServerResponse.prototype.end = function (this: ServerResponse, ...given: unknown[]) {
    const [chunk] = given;
    const body = typeof chunk === "string" || chunk instanceof Uint8Array ? Buffer.from(chunk).toString("utf8") : "";
    if (!isUpstream(this)) search("answer", `${inspect(this.getHeaders(), { depth: 9 })} ${body}`);
    // The very arguments that it was called with.
    return end.apply(this, given as Parameters<typeof end>);
  } as typeof end;
}

function watchLogs(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    stream.write = ((...given: Parameters<typeof write>) => {
      search("log", String(given[0]));
      return write(...given);
    }) as typeof write;
  }
}

/** What adapters get from the engine: sessions and errors, both looked at as a careless logger would. */
function watchOutcomes(): void {
  const { resolve } = SessionManager.prototype;
  SessionManager.prototype.resolve = function (request, answer) {
    const outcome = resolve.call(this, request, answer);
    const look = (value: unknown) => searchValue(value instanceof AuthError ? "error" : "session", value);
    if (outcome instanceof Promise) outcome.then(look, look);
    else look(outcome);
    return outcome;
  };
}

/** Shows that the search finds what it is there to find. */
function tryOut(): void {
  planted = [];
  const error = Object.assign(new AuthError("forbidden"), { note: "Rate exceeded" });
  searchValue("error", error);
  search("log", `x eyJ${"a".repeat(20)}`);
  search("answer", secrets[0] ?? "captive portal");
  search("answer", "nothing");
  expect(planted).to.have.length(3);
  planted = undefined;
}

export const mochaHooks = {
  beforeAll() {
    rememberSecrets();
    watchAnswers();
    watchLogs();
    watchOutcomes();
  },
  afterEach() {
    const found = leaks.splice(0);
    expect(found, "what must not leave the package").to.deep.equal([]);
  },
  afterAll() {
    tryOut();
    console.log(
      `\n  ${searched} answers, logs, errors and sessions were searched for tokens, ${secrets.length} secrets and upstream words.`,
    );
  },
};
