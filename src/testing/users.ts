import { checkFields, checkLists } from "./check-input.js";

/** A user to sign in. A user who signs in again with other groups, attributes or roles was changed in between. */
export interface LocalUser {
  /** The user name. */
  readonly username: string;
  /** `cognito:groups`. Default none. */
  readonly groups?: readonly string[];
  /** Claims of the ID token: `email`, `custom:tenant`, ... */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** Scopes of the access token. Default `aws.cognito.signin.user.admin`. */
  readonly scopes?: readonly string[];
  /** ARNs of the IAM roles of the user's groups; the first is the preferred one. */
  readonly roles?: readonly string[];
}

/** The scope of a user who signed in with a user pool's own operations. */
export const USER_SCOPE = "aws.cognito.signin.user.admin";

/** The users of a pool, by name. */
export class LocalUsers {
  readonly #users = new Map<string, LocalUser>();

  /**
   * @param call what was called, for the message
   * @throws {TypeError} naming the field that is missing or unknown
   */
  put(call: string, user: LocalUser): void {
    checkUser(call, user);
    this.#users.set(user.username, user);
  }

  find(username: string): LocalUser | undefined {
    return this.#users.get(username);
  }

  /** In the order in which they came. */
  get all(): readonly LocalUser[] {
    return [...this.#users.values()];
  }
}

/** @throws {TypeError} naming the field that is missing or unknown */
export function checkUser(call: string, user: LocalUser): void {
  checkFields(call, user, ["username", "groups", "attributes", "scopes", "roles"]);
  const { username, groups, scopes, roles } = user;
  if (typeof username !== "string" || username === "") throw new TypeError(`${call} needs \`username\`, a text.`);
  checkLists(call, { groups, scopes, roles });
}
