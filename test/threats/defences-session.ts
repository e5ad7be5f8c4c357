import type { DefenceRow } from "./defences.js";

const transport = { group: "transport" };
const pair = { group: "token use and pair" };
const guards = { group: "guards" };
const load = { group: "denial of service" };
const session = { test: "session" };
const store = { test: "shared-store" };

/** From verified tokens to a session, past the application's checks and the guards, to the answer. */
export const sessionDefences: Readonly<Record<string, readonly DefenceRow[]>> = {
  "session/authenticator.ts": [
    ['this.#config.required ? new AuthError("missing_token") : {}', "{}", transport],
    ['second === undefined ? this.#anonymous() : badTransport("id_token_alone")', "this.#anonymous()", transport],
    ['if (access.use !== "access") return badTransport("id_token_twice");', "", pair],
    ["USES[config.tokenUse]", "USES.any", pair],
    ['typeof token === "string" ? token : new AuthError("malformed_token", NOT_A_TEXT)', "String(token)", transport],
  ],
  "tokens/pair.ts": [
    ["if (failed(id)) return id;", "if (failed(id)) return { access, rawAccess };", pair],
    ["return failed(pair) ? pair :", "return failed(pair) ? { access, id, rawAccess, rawId } :", pair],
    ["verifier.verify(rawId, ID)", "verifier.verify(rawId, new Set([...ID, ...ACCESS]))", pair],
  ],
  "deadline.ts": [
    ["setTimeout(() => reject(new DeadlineExceeded()), timeoutMs)", "setTimeout(() => {}, timeoutMs)", load],
    ["setImmediate(() => reject(new DeadlineExceeded()))", "reject(new DeadlineExceeded())", store],
  ],
  "session/user-checks.ts": [
    ["answer === true ? undefined :", "answer ? undefined :", guards],
    ["answer === true ? undefined :", "answer !== false ? undefined :", guards],
    ['answer.then(judge).catch((error) => refuse(error, "rejected"))', "answer.then(judge)", guards],
    ['return refuse(error, "threw");', "throw error;", guards],
    [
      "    return error instanceof kind;\n  } catch {\n    return false;",
      "    return error instanceof kind;\n  } catch (trap) {\n    throw trap;",
      guards,
    ],
  ],
  "session/identifier.ts": [
    ["if (answer === false) return undefined;", "if (!answer) return undefined;", guards],
    ['answer === true ? new AuthError("token_revoked") :', 'answer ? new AuthError("token_revoked") :', guards],
    ["(revoked) => revoked ?? this.#askCustom(session, request)", "() => this.#askCustom(session, request)", guards],
    ["return refusal === undefined\n      ? session\n      :", "return true ? session :", guards],
  ],
  "session/session.ts": [
    ["#engine in value ?", '"groups" in value ?', guards],
    ["Object.freeze(this);", "", session],
  ],
  "session/request-entry.ts": [["entry.request === request ? entry : undefined", "entry", session]],
  "guards/guard.ts": [
    [
      'if (session === undefined) return new AuthError("misconfigured");',
      "if (session === undefined) return undefined;",
      guards,
    ],
    ['if (!session.isAuthenticated) return finish(new AuthError("missing_token"));', "", guards],
  ],
  "guards/guards.ts": [
    [
      "groups.some((group) => session.groups.includes(group))",
      "groups.some((group) => String(session.groups).includes(group))",
      guards,
    ],
    [
      "groups.every((group) => session.groups.includes(group))",
      "groups.some((group) => session.groups.includes(group))",
      guards,
    ],
    [
      "scopes.every((scope) => session.scopes.includes(scope))",
      "scopes.some((scope) => session.scopes.includes(scope))",
      guards,
    ],
    ["scopes.some((scope) => session.scopes.includes(scope))", "scopes.length > 0", guards],
    ["Object.hasOwn(token.payload, name)", "name in token.payload", guards],
    ["values.every((value) => value === expected)", "values.some((value) => value === expected)", guards],
    ["values.every((value) => value === expected)", "values.every((value) => value == expected)", guards],
    ["values.length > 0 && values.every", "values.every", guards],
    ["(refusal) => refusal ?? askWhether", "() => askWhether", guards],
    ["(failed(outcome) ? outcome : undefined)", "undefined", guards],
  ],
  "guards/definitions.ts": [
    ["if (names.length === 0) throw", "if (false) throw", { test: "guards" }],
    ['typeof name === "string" && name !== ""', "true", { test: "guards" }],
    ["if (scopes.every((scope) => SCOPE.test(scope))) return scopes;", "return scopes;", { test: "guards" }],
  ],
  "http/problem.ts": [['setHeader("Cache-Control", "no-store");', "", transport]],
  "tokens/jwt.ts": [
    [
      "[inspect.custom](): object {\n    return this.toJSON();",
      "[inspect.custom](): object {\n    return { raw: this.#raw };",
      session,
    ],
  ],
  "config/endpoint.ts": [
    ["!allowHttp && !LOOPBACK.test(url.hostname)", "false", { test: "config" }],
    ['url.username !== "" || url.password !== "" || url.hash !== ""', "false", { test: "config" }],
  ],
};
