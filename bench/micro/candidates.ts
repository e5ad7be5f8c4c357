import { createPublicKey, verify } from "node:crypto";
import { SessionManager } from "cognito-auth-session";
import { byHand } from "../by-hand.js";
import type { Stage, TokenKind } from "../stage.js";
import { middlewareOf, requestWith } from "./middleware.js";
import { Tokens } from "./tokens.js";

/** One thing that is timed: what it works on is made before the clock starts. */
export interface Candidate {
  readonly name: string;
  /** A batch, ready to be run; each call gives the next tokens. */
  prepare(size: number): () => void | Promise<void>;
}

/** Everything that is timed in process. */
export async function candidatesOf(stage: Stage, hotTokens: number): Promise<readonly Candidate[]> {
  const { userPoolId, clientId, issuer } = stage.pool;
  const options = {
    userPoolId,
    clientId,
    issuer,
    jwks: { keys: stage.jwks.keys.map((key) => ({ ...key })) },
    identityPoolId: null,
  };
  const sessions = new SessionManager(options);
  const uncached = new SessionManager({ ...options, tokenCacheSize: 0 });
  await Promise.all([sessions.warmUp(), uncached.warmUp()]);
  const good = new Tokens(stage, "good");
  const verifier = byHand(stage);
  const ours = (name: string, manager: SessionManager, next: () => string, expected: 200 | 401) => {
    const middleware = middlewareOf(manager, expected);
    return each(name, () => requestWith(next()), middleware);
  };
  const bad = (kind: TokenKind) => {
    const tokens = new Tokens(stage, kind);
    return [
      each(`aws-jwt-verify, ${kind}`, inTurn(tokens, 0, tokens.count), (token) =>
        refuses(() => verifier.verifySync(token)),
      ),
      ours(`ours, ${kind}`, sessions, inTurn(tokens, 0, tokens.count), 401),
    ];
  };
  const hot = inTurn(good, 0, hotTokens);
  const cold = () => inTurn(good, hotTokens, good.count);
  return [
    each("crypto.verify and two JSON.parse", cold(), leastOf(stage)),
    each("aws-jwt-verify, verifySync", cold(), (token) => void verifier.verifySync(token)),
    ours("ours, cold", sessions, cold(), 200),
    ours("ours, tokenCacheSize 0", uncached, cold(), 200),
    ours("ours, hot", sessions, hot, 200),
    each(
      "ours, hot, await getSession()",
      () => requestWith(hot()),
      async (request) => void (await sessions.getSession(request)),
    ),
    ...bad("garbage"),
    ...bad("expired"),
    ...bad("forged"),
  ];
}

/** The least that a token can cost: its signature, and reading what it says. */
function leastOf({ pem }: Stage): (token: string) => void {
  const key = createPublicKey(pem);
  return (token) => {
    const [header = "", payload = "", signature = ""] = token.split(".");
    const isGood = verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"));
    JSON.parse(Buffer.from(header, "base64url").toString());
    JSON.parse(Buffer.from(payload, "base64url").toString());
    if (!isGood) throw new Error("A good token was refused.");
  };
}

function refuses(verifyIt: () => unknown): void {
  let isRefused = false;
  try {
    verifyIt();
  } catch {
    isRefused = true;
  }
  if (!isRefused) throw new Error("A bad token was let through.");
}

function inTurn(tokens: Tokens, from: number, to: number): () => string {
  let at = from - 1;
  return () => {
    at = at + 1 < to ? at + 1 : from;
    return tokens.at(at);
  };
}

function each<T>(name: string, next: () => T, run: (input: T) => void | Promise<void>): Candidate {
  return {
    name,
    prepare(size) {
      const inputs = Array.from({ length: size }, next);
      return async () => {
        for (const input of inputs) {
          const pending = run(input);
          // An await that nothing waits for would cost more than much of what is timed.
          if (pending !== undefined) await pending;
        }
      };
    },
  };
}
