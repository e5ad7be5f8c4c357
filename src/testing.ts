export { memoryStore } from "./store/memory-store.js";
export type { Fault } from "./testing/faults.js";
export type { LocalCallerIdentity } from "./testing/identity-pool.js";
export { LocalCognito } from "./testing/local-cognito.js";
export type { LocalCognitoConfig, LocalCognitoOptions } from "./testing/options.js";
export { sessionStoreCases } from "./testing/store-cases.js";
export type { SessionStoreCase } from "./testing/store-trial.js";
export type { LocalTokens, TokenRequest } from "./testing/user-pool.js";
export type { LocalUser } from "./testing/users.js";
