import { ConfigurationError } from "../errors/auth-error.js";
import type { LabelledPool } from "./merge.js";
import { AMPLIFY_OUTPUTS } from "./sources.js";

/** The error for a pool without an app client: where it may be set, and where one was seen that does not count. */
export function noClient({ label, leftOut }: Pick<LabelledPool, "label" | "leftOut">): ConfigurationError {
  const option = label("clientId");
  // An entry of `userPools` takes nothing from the environment or the file.
  const ways =
    option === "clientId"
      ? `the option \`clientId\`, the variable COGNITO_CLIENT_ID, or \`auth.user_pool_client_id\` in ${AMPLIFY_OUTPUTS}`
      : `\`${option}\``;
  const sentences = [
    `No app client is configured: set ${ways}.`,
    `\`${option}: null\` accepts every app client of the pool.`,
    ...leftOut.map(({ value, reason }) => `${value} was left out, because ${reason} names another user pool.`),
  ];
  return new ConfigurationError(sentences.join(" "), option);
}
