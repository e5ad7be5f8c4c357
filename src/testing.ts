export type { Fault } from "./testing/faults.js";
export type { LocalCallerIdentity } from "./testing/identity-pool.js";
export { LocalCognito, type LocalCognitoConfig, type LocalCognitoOptions } from "./testing/local-cognito.js";
export type { LocalTokens, LocalUser, TokenRequest } from "./testing/user-pool.js";
