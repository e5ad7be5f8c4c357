import { ROLE_ARN } from "../config/schema.js";
import type { AuthSession } from "./types.js";

/**
 * For the option `roleArn`: the IAM role that a user's groups give. Of several, the one that Cognito prefers
 * (`cognito:preferred_role`, the group of lowest precedence number); else the first in the order given here that the ID
 * token lists (`cognito:roles`). A user of none of the groups gets the identity pool's own choice.
 *
 * A role that the token does not list is refused as `credentials_denied` before anything is called. (Amazon Cognito,
 * "Role-based access control".)
 *
 * @param roles role ARNs by group
 * @throws {TypeError} at once, for an empty table or a value that is not the ARN of a role
 * @example
 * ```ts
 * app.use(authSession({ roleArn: roleByGroup({ admin: "arn:aws:iam::123456789012:role/admins" }) }));
 * ```
 */
export function roleByGroup(roles: Readonly<Record<string, string>>): (session: AuthSession) => string | undefined {
  const table = Object.entries(roles);
  if (table.length === 0) throw new TypeError("roleByGroup() needs at least one group.");
  for (const [, role] of table) {
    if (typeof role !== "string" || !ROLE_ARN.test(role)) {
      throw new TypeError(
        'roleByGroup() takes the ARN of an IAM role for each group: roleByGroup({ admin: "arn:aws:iam::..." }).',
      );
    }
  }
  return ({ groups, tokens }) => {
    const candidates = table.filter(([group]) => groups.includes(group)).map(([, role]) => role);
    const payload = tokens?.idToken?.payload;
    const preferred = payload?.["cognito:preferred_role"];
    if (preferred !== undefined && candidates.includes(preferred)) return preferred;
    const listed = payload?.["cognito:roles"];
    return candidates.find((role) => Array.isArray(listed) && listed.includes(role)) ?? candidates[0];
  };
}
