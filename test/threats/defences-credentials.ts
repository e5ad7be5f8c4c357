import type { DefenceRow } from "./defences.js";

const credentials = { group: "credentials and caches" };
const credentialsTest = { test: "credentials" };
const session = { test: "session" };
const roles = { test: "roles-and-guests" };

/** Whose AWS credentials are given to whom, and what asking for them may cost. */
export const credentialDefences: Readonly<Record<string, readonly DefenceRow[]>> = {
  "credentials/subject.ts": [
    ["[identityPool.id, issuer, sub, clientId, deciding]", "[identityPool.id, issuer, sub, clientId]", credentials],
    ["[identityPool.id, issuer, sub, clientId, deciding]", "[sub]", credentials],
    ["role === undefined ? key :", "true ? key :", credentials],
    ['authFlow === "basic" ?', "false ?", roles],
  ],
  "credentials/federation.ts": [
    ["if (nowMs >= entry.credentials.expiresAtMs) {", "if (false) {", credentials],
    ["if (heldBack !== undefined) return heldBack;", "", credentials],
    [
      "this.#inFlight.set(key, { owner: subject.owner, tokenDigest: subject.tokenDigest, mode, result });",
      "",
      credentials,
    ],
    ["return mayDiffer ? this.#attempt(subject, mode) : again(outcome);", "return again(outcome);", credentialsTest],
    ["if (nowMs >= entry.refreshFromMs) this.#renewAhead(subject);", "", credentialsTest],
    ["this.#inFlight.delete(key);\n      if (failed(outcome))", "if (failed(outcome))", credentialsTest],
    [
      "isAboutToken(failure.error) && failure.tokenDigest !== tokenDigest) return undefined;",
      "false) return undefined;",
      credentials,
    ],
  ],
  "credentials/identity-calls.ts": [
    ["|| !(expiresAtMs > nowMs)", "", credentials],
    ["if (!accessKeyId || !secretAccessKey || !sessionToken ||", "if (", credentials],
    [
      "isIdentityId(answer.IdentityId) ? answer.IdentityId",
      "answer.IdentityId !== undefined ? answer.IdentityId",
      credentials,
    ],
    [
      'this.#attempt("GetId", () => client.send(command, { abortSignal: this.#deadline }))',
      'this.#attempt("GetId", () => client.send(command))',
      credentials,
    ],
  ],
  "credentials/exchange.ts": [
    ["maxAttempts: 1,", "", credentialsTest],
    ["boundAnswers(client);", "", credentialsTest],
    ["return mayDiffer ? this.exchange(subject, mode) : outcome;", "return outcome;", credentialsTest],
    ["[subject.key, endpoint, stsEndpoint, this.#parts.timeoutMs]", "[subject.key, endpoint]", credentialsTest],
  ],
  "credentials/credentials.ts": [
    [
      "[inspect.custom](): object {\n    return this.toJSON();",
      "[inspect.custom](): object {\n    return { ...this };",
      session,
    ],
    ["return { accessKeyId: this.accessKeyId, expiration: this.expiration };", "return { ...this };", session],
    [
      "Object.defineProperties(this, RequestCredentials.#ACCESSORS);",
      "Object.assign(this, { secretAccessKey, sessionToken });",
      session,
    ],
  ],
  "credentials/sdk-clients.ts": [
    ["{ requestHandler, ...config, credentials }", "{ requestHandler, credentials, ...config }", session],
    ["const kept = this.#kept.get(key);", "const kept = [...this.#kept.values()][0];", session],
  ],
  "session/federator.ts": [
    ['(typeof roleArn === "string" && ROLE_ARN.test(roleArn))', 'typeof roleArn === "string"', credentialsTest],
    ["if (roleArn instanceof Promise) roleArn.catch(() => {});", "", credentials],
  ],
};
