import { ConfigurationError } from "../errors/auth-error.js";
import type { IdentityPoolConfig, UserPoolConfig } from "./config.js";
import type { CheckedOptions } from "./schema.js";

/**
 * Checks options that only make sense together.
 *
 * @throws {ConfigurationError} naming the option and what it needs beside it
 */
export function checkCombinations(options: CheckedOptions): void {
  if (options.store !== undefined && options.encryptionKeys === undefined) {
    throw new ConfigurationError(
      "Option `store` needs `encryptionKeys`: what processes share is sealed. Make a key with `openssl rand -base64 32`.",
      "encryptionKeys",
    );
  }
  if (options.authFlow === "basic" && options.roleArn === undefined) {
    throw new ConfigurationError(
      'Option `authFlow: "basic"` needs `roleArn`: in the basic flow the application names the role.',
      "roleArn",
    );
  }
}

/**
 * The identity pool that guests get credentials from.
 *
 * @throws {ConfigurationError} where guests could not come in, or where nobody can say which pool is theirs
 */
export function guestPoolOf(options: CheckedOptions, pools: readonly UserPoolConfig[]): IdentityPoolConfig | undefined {
  if (options.guest !== true) return undefined;
  if (options.required !== false) {
    throw new ConfigurationError("Option `guest: true` needs `required: false`: guests bring no token.", "guest");
  }
  const identityPools = pools.flatMap(({ identityPool }) => identityPool ?? []);
  const [first] = identityPools;
  if (first === undefined) {
    throw new ConfigurationError("Option `guest: true` needs `identityPoolId`: guests are its users.", "guest");
  }
  if (identityPools.some(({ id }) => id !== first.id)) {
    throw new ConfigurationError(
      "Option `guest: true` needs one identity pool: the user pools here have several, and a guest belongs to none.",
      "guest",
    );
  }
  return first;
}
