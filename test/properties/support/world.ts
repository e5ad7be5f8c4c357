import { expect } from "chai";
import { AuthError, type AuthErrorCode, SessionManager, type SessionManagerParts } from "cognito-auth-session";
import { TestClock } from "../../support/app.js";
import { type Answer, ask, expectTableRow, linesOf } from "./answers.js";
import type { OwnPool } from "./own-pool.js";

type Exchange = NonNullable<SessionManagerParts["exchange"]>;
type Subject = Parameters<Exchange>[0];
type Exchanged = Awaited<ReturnType<Exchange>>;

/** How an exchange ends: with credentials for so many seconds, or with one of the ways in which it may fail. */
export type Ending = number | "denied" | "unavailable" | "expired" | "rejected";

interface Tokens {
  readonly accessToken: string;
  readonly idToken: string;
  readonly expSeconds: number;
  readonly issuer: string;
  readonly sub: string;
  readonly groups: readonly string[];
}

interface User {
  readonly pool: OwnPool;
  readonly sub: string;
  groups: readonly string[];
  /** The newest first. */
  tokens: readonly Tokens[];
}

interface Pending {
  readonly owner: string;
  end(ending: Ending): void;
}

const LIFETIME_SECONDS = 3600;
const TOLERANCE_SECONDS = 5;
const FAILURES: Record<Exclude<Ending, number | "rejected">, AuthErrorCode> = {
  denied: "credentials_denied",
  unavailable: "credentials_unavailable",
  expired: "token_expired",
};
/** The role that is asked for, by what the request brings: the same ID token may come to two roles. */
const roleOf = (both: boolean) => `arn:aws:iam::123456789012:role/${both ? "with-access-token" : "alone"}`;

/**
 * Users of two pools, a clock, and an identity pool whose every answer waits until it is told to come. Knows of all
 * credentials whose they are, and holds each answer against that.
 */
export class World {
  readonly #clock = new TestClock();
  readonly #users: readonly User[];
  readonly #manager: SessionManager;
  readonly #ownerOfKey = new Map<string, string>();
  readonly #failed = new Set<string>();
  readonly #requests: Promise<void>[] = [];
  #pending: Pending[] = [];
  #serial = 0;
  /** Answers so far. */
  readonly answers = { good: 0, bad: 0 };

  constructor(pools: readonly OwnPool[]) {
    this.#clock.nowMs = Math.floor(this.#clock.nowMs / 1000) * 1000;
    // The same names in each pool: a `sub` is no user without its pool.
    this.#users = pools.flatMap((pool) => ["ada", "bob"].map((sub) => ({ pool, sub, groups: [], tokens: [] })));
    for (const user of this.#users) this.#signIn(user);
    const identityPoolId = "eu-west-1:00000000-0000-4000-8000-000000000000";
    this.#manager = new SessionManager(
      {
        userPools: pools.map(({ userPoolId, clientId, jwk }) => ({ userPoolId, clientId, jwks: { keys: [jwk] } })),
        identityPoolId,
        roleArn: ({ tokens }) => roleOf(tokens?.accessToken !== undefined),
        credentialsCacheSize: 5,
      },
      { clock: this.#clock.read, exchange: (subject) => this.#exchange(subject) },
    );
  }

  /** A new sign-in, or a refresh: the user's groups as they are now. */
  signIn(user: number): void {
    this.#signIn(this.#user(user));
  }

  changeGroups(user: number, groups: readonly string[]): void {
    this.#user(user).groups = groups;
    this.signIn(user);
  }

  moveClock(seconds: number): void {
    this.#clock.advance({ seconds });
  }

  /** Ends one exchange that is under way, if there is any. */
  endExchange(which: number, ending: Ending): void {
    const pending = this.#pending[which % Math.max(1, this.#pending.length)];
    this.#pending = this.#pending.filter((each) => each !== pending);
    pending?.end(ending);
  }

  /** A request with the user's newest tokens, or with older ones that a slow client still sends. */
  request(user: number, age: number, both: boolean): void {
    const { tokens } = this.#user(user);
    const sent = tokens[age % tokens.length];
    if (sent === undefined) throw new Error("Every user has signed in.");
    const sentAtSeconds = this.#nowSeconds;
    const owner = ownerOf(sent.issuer, sent.sub, sent.groups, roleOf(both));
    const lines = both ? linesOf(sent.accessToken, sent.idToken) : linesOf(sent.idToken);
    const judged = ask(this.#manager, lines).then((answer) => this.#judge(answer, sent, owner, sentAtSeconds));
    // What is wrong with it is told at the end.
    judged.catch(() => {});
    this.#requests.push(judged);
  }

  /** Lets everything that can go on go on. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends what is under way; then every request must have its answer, and the right one. */
  async finish(): Promise<void> {
    await this.settle();
    while (this.#pending.length > 0) {
      this.endExchange(0, LIFETIME_SECONDS);
      // An exchange that ended may lead to the next one.
      await this.settle();
    }
    await Promise.all(this.#requests);
  }

  #user(index: number): User {
    const user = this.#users[index % this.#users.length];
    if (user === undefined) throw new Error("There are users.");
    return user;
  }

  get #nowSeconds(): number {
    return this.#clock.nowMs / 1000;
  }

  #signIn(user: User): void {
    const { pool, sub, groups } = user;
    this.#serial += 1;
    const expSeconds = this.#nowSeconds + LIFETIME_SECONDS;
    const common = {
      sub,
      iat: this.#nowSeconds,
      exp: expSeconds,
      jti: `${this.#serial}`,
      origin_jti: `${this.#serial}`,
    };
    const claims = groups.length === 0 ? common : { ...common, "cognito:groups": groups };
    const listed = { ...claims, "cognito:roles": [roleOf(true), roleOf(false)] };
    const raw = { accessToken: pool.sign("access", claims), idToken: pool.sign("id", listed) };
    const tokens = { ...raw, expSeconds, issuer: pool.issuer, sub, groups };
    user.tokens = [tokens, ...user.tokens.slice(0, 2)];
  }

  #exchange(subject: Subject): Promise<Exchanged> {
    const claims = JSON.parse(Buffer.from((subject.login?.idToken ?? "").split(".")[1] ?? "", "base64url").toString());
    const owner = ownerOf(claims.iss, claims.sub, claims["cognito:groups"] ?? [], subject.roleArn);
    if (this.#pending.some((pending) => pending.owner === owner)) throw new Error(`Two exchanges at once for ${owner}`);
    return new Promise((resolve, reject) => {
      this.#pending.push({
        owner,
        end: (ending) => {
          if (typeof ending === "number") return resolve(this.#issue(owner, ending));
          this.#failed.add(owner);
          return ending === "rejected" ? reject(new Error("broken")) : resolve(new AuthError(FAILURES[ending]));
        },
      });
    });
  }

  #issue(owner: string, seconds: number): Exchanged {
    this.#serial += 1;
    const accessKeyId = `ASIA${this.#serial}`;
    this.#ownerOfKey.set(accessKeyId, owner);
    const expiresAtMs = this.#clock.nowMs + seconds * 1000;
    return {
      identityId: "eu-west-1:0",
      accessKeyId,
      secretAccessKey: "secret",
      sessionToken: "session",
      obtainedAtMs: this.#clock.nowMs,
      expiresAtMs,
    };
  }

  #judge(answer: Answer, sent: Tokens, owner: string, sentAtSeconds: number): void {
    const isExpired = sentAtSeconds >= sent.expSeconds + TOLERANCE_SECONDS;
    const isAhead = sentAtSeconds < sent.expSeconds - LIFETIME_SECONDS - TOLERANCE_SECONDS;
    if (answer.status === 200) {
      this.answers.good += 1;
      const { accessKeyId = "", expiration } = answer.session?.credentials ?? {};
      expect(this.#ownerOfKey.get(accessKeyId)).to.equal(owner);
      expect(expiration?.getTime()).to.be.greaterThan(this.#clock.nowMs);
      expect(isExpired, "an expired token was taken").to.equal(false);
      return;
    }
    this.answers.bad += 1;
    const code = expectTableRow(answer);
    // The user's own fault, or a failure of the user's own exchange: never somebody else's.
    if (isExpired && code === "token_expired") return;
    if (isAhead && code === "invalid_claims") return;
    expect(code).to.be.oneOf(Object.values(FAILURES));
    expect(this.#failed.has(owner), `${code} for ${owner}, whose exchanges never failed`).to.equal(true);
  }
}

/** Whose credentials are meant, under which role, in words. */
function ownerOf(issuer: string, sub: string, groups: readonly string[], role: string | undefined): string {
  return JSON.stringify([issuer, sub, groups, role]);
}
