import type { AuthErrorCode, AuthSession, AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { decodeJWT } from "cognito-auth-session";
import { LocalCognito, type LocalTokens } from "cognito-auth-session/testing";
import { TestClock } from "../support/app.js";
import type { RefusalDetails } from "../support/expectations.js";
import type { AppPlan } from "../support/faces.js";
import type { Attempt } from "../threats/attack.js";
import type { AdapterName } from "./adapters.js";

export const ROLES = {
  admins: "arn:aws:iam::123456789012:role/admins",
  readers: "arn:aws:iam::123456789012:role/readers",
};

/** Who the cases are played by: a pool whose time stands still, and its users. */
export class Cast {
  private constructor(
    readonly clock: TestClock,
    readonly cognito: LocalCognito,
    /** An admin and developer with two scopes, a profile and two roles. */
    readonly ada: LocalTokens,
    /** In no group. */
    readonly bob: LocalTokens,
  ) {}

  static async open(): Promise<Cast> {
    const clock = new TestClock();
    clock.nowMs = Math.floor(clock.nowMs / 1000) * 1000;
    const cognito = await LocalCognito.start({ clock: clock.read, unauthenticatedIdentities: true });
    const ada = cognito.signIn({
      username: "ada",
      groups: ["admin", "dev"],
      scopes: ["orders/read", "orders/write"],
      attributes: { email: "ada@example.com", email_verified: true, "custom:tenant": "acme" },
      roles: [ROLES.admins, ROLES.readers],
    });
    return new Cast(clock, cognito, ada, cognito.signIn({ username: "bob" }));
  }

  get nowSeconds(): number {
    return this.clock.nowMs / 1000;
  }

  subOf(token: string): string {
    return decodeJWT(token).payload.sub ?? "";
  }

  /** A token of ada's, with other claims. */
  token(tokenUse: "access" | "id", claims: Readonly<Record<string, unknown>> = {}): string {
    return this.cognito.signToken({ tokenUse, claims: { sub: this.subOf(this.ada.idToken), ...claims } });
  }

  /** What `/me` says about ada, as {@link mask} leaves it. */
  me(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    const { userPoolId, clientId } = this.cognito.options;
    const userSub = this.subOf(this.ada.idToken);
    const groups = ["admin", "dev"];
    return { isAuthenticated: true, userSub, username: "ada", clientId, userPoolId, groups, scopes: [], ...more };
  }
}

/** The members of `/me` that name AWS credentials, as {@link mask} leaves them. */
export const EXCHANGED = { identityId: "eu-west-1:*", accessKeyId: "ASIA*" };

/** Makes equal what is new in each exchange: access keys, and the identity ids of guests. */
export function mask(text: string): string {
  return text.replaceAll(/ASIA[A-Z2-7]{16}/g, "ASIA*").replaceAll(/eu-west-1:[0-9a-f-]{36}/g, "eu-west-1:*");
}

/** 200, and all of the body. */
export interface Served {
  readonly body: (cast: Cast) => unknown;
}

/** A refusal: status, headers and body by the error table, but for these details. */
export interface Refused extends RefusalDetails {
  readonly code: AuthErrorCode;
}

/** What the framework answers by itself: status, challenge and `Retry-After` by the error table; the body is its own. */
export interface AnsweredByFramework extends RefusalDetails {
  /** `undefined` for an error that is none of ours: 500. */
  readonly ownHandler: AuthErrorCode | undefined;
}

/** One row of the table: what is sent to which app, and what every adapter answers. */
export interface Behaviour extends Omit<AppPlan, "sessions"> {
  readonly name: string;
  readonly options?: AuthSessionOptions | ((cast: Cast) => AuthSessionOptions);
  readonly request: (cast: Cast) => Attempt;
  /** What comes first: a fault, a sign-out. */
  readonly prepare?: (cast: Cast, sessions: SessionManager) => unknown;
  readonly expected: Served | Refused | AnsweredByFramework;
  /** What must hold then, beyond the answer. */
  readonly after?: (cast: Cast, body: unknown) => unknown;
  /** Adapters that cannot run the case, and why. */
  readonly notOn?: Readonly<Partial<Record<AdapterName, string>>>;
}

/** Cases of one kind. */
export interface BehaviourGroup {
  readonly title: string;
  readonly cases: readonly Behaviour[];
}

type More = Partial<Omit<Behaviour, "name" | "request" | "expected">>;

/** A request that is answered with 200 and exactly this. */
export function served(name: string, request: Behaviour["request"], body: Served["body"], more: More = {}): Behaviour {
  return { name, request, expected: { body }, ...more };
}

/** A request that is refused. */
export function refused(
  name: string,
  request: Behaviour["request"],
  code: AuthErrorCode,
  more: More & RefusalDetails = {},
): Behaviour {
  const { name: errorName, scope, realm, ...rest } = more;
  return { name, request, expected: { code, name: errorName, scope, realm }, ...rest };
}

/** A request to another route than `/me`. */
export function at(path: string, attempt: Attempt): Attempt {
  return { ...attempt, path };
}

/** A request by another method than GET. */
export function by(method: string, attempt: Attempt): Attempt {
  return { ...attempt, method };
}

/** A header of a request as the adapter's callbacks see it: Node's, or Fetch's. */
export function headerOf({ headers }: { readonly headers: unknown }, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  // Node's: names in lower case.
  return (headers as Readonly<Record<string, string | undefined>>)[name];
}

/** A check that has a user's name in mind. */
export const isCalled =
  (username: string) =>
  (session: AuthSession): boolean =>
    session.username === username;
