import { Notice } from "./notice.js";
import { Operation } from "./operation.js";

// Node forgets a channel that nobody refers to, and with it its subscribers: here each one is held on to.

export const verifications = new Operation("cognito-auth-session:verify");
export const exchanges = new Operation("cognito-auth-session:exchange");
export const refreshes = new Operation("cognito-auth-session:refresh");
export const keySetFetches = new Operation("cognito-auth-session:jwks");
export const storeCalls = new Operation("cognito-auth-session:store");

export const guardDecisions = new Notice("cognito-auth-session:guard");
export const requestOutcomes = new Notice("cognito-auth-session:request");
export const evictions = new Notice("cognito-auth-session:eviction");
