import type { IncomingMessage } from "node:http";
import { ERROR_TABLE } from "../errors/table.js";
import { SessionManager } from "../session/manager.js";
import type { LocalUser } from "../testing/users.js";
import { isJsonObject, type JsonObject } from "../tokens/json.js";
import { Refused, readJson } from "./answer.js";
import type { RouteToTry } from "./api.js";
import type { Calls } from "./calls.js";
import { readToken } from "./claims.js";
import { FAULTS, isFault, mint } from "./mint.js";
import { isUpstream, type Stage } from "./stage.js";
import { explain, isErrorCode, STEPS } from "./why.js";

const DAY_SECONDS = 86_400;
const MAX_TEXTS = 100;
const MAX_LENGTH = 256;

/** What the page's controls work on. */
export interface ControlParts {
  readonly stage: Stage;
  readonly calls: Calls;
  readonly users: readonly LocalUser[];
  readonly routes: readonly RouteToTry[];
}

type Operation = (parts: ControlParts, given: JsonObject) => object | Promise<object>;

/** What the page reads. Parameters come in the address. */
const READS: Readonly<Record<string, Operation>> = {
  setup: ({ stage, users, routes }) => {
    const { userPoolId, clientId, identityPoolId, issuer } = stage.cognito.options;
    const faults = Object.entries(FAULTS).map(([name, { label }]) => ({ name, label }));
    const people = users.map(({ username, groups = [], scopes = [] }) => ({ username, groups, scopes }));
    return { ids: { userPoolId, clientId, identityPoolId, issuer }, users: people, routes, faults, steps: STEPS };
  },
  state: ({ stage }) => {
    const { counts, upstream, skewSeconds } = stage;
    return { nowMs: stage.now(), counts, upstream, skewSeconds };
  },
  call: async ({ calls }, { id, code }) => {
    const record = await calls.find(text("id", id));
    if (record === undefined) throw new Refused(404, "There was no such call.");
    const { session, refusal, counts } = record;
    const why = isErrorCode(code) ? { ...explain(code, refusal), when: ERROR_TABLE[code].when } : undefined;
    return { session, counts, ...(refusal?.claim !== undefined && { claim: refusal.claim }), why };
  },
};

/** What the page does. Parameters come as JSON. */
const ACTIONS: Readonly<Record<string, Operation>> = {
  "sign-in": ({ stage, users }, { username }) => {
    const user = users.find((each) => each.username === username);
    if (user === undefined) throw new Refused(400, "There is no such user.");
    const { accessToken, idToken } = stage.cognito.signIn(user);
    return { accessToken, idToken };
  },
  mint: ({ stage }, given) => {
    const { tokenUse, fault = "none", claims = {} } = given;
    if (tokenUse !== "access" && tokenUse !== "id") throw new Refused(400, "A token is an access or an ID token.");
    if (!isFault(fault)) throw new Refused(400, "There is no such fault.");
    if (!isJsonObject(claims)) throw new Refused(400, "Claims are a JSON object.");
    const seconds = wholeNumber("seconds", given.seconds, DAY_SECONDS);
    const username = text("username", given.username);
    const [groups, scopes] = [texts("groups", given.groups), texts("scopes", given.scopes)];
    const wanted = { username, groups, scopes, tokenUse, seconds, fault, claims } as const;
    return { token: mint(stage.cognito, wanted, stage.cognitoNow()) };
  },
  inspect: ({ stage }, { token }) => {
    const { config } = SessionManager.componentsOf(stage.sessions);
    return { token: readToken(typeof token === "string" ? token : "", config, stage.now()) };
  },
  upstream: ({ stage }, { mode }) => {
    if (!isUpstream(mode)) throw new Refused(400, "Cognito cannot be made to do that.");
    stage.setUpstream(mode);
    return {};
  },
  clock: ({ stage }, { skewSeconds }) => {
    stage.setSkew(wholeNumber("skewSeconds", skewSeconds, DAY_SECONDS));
    return {};
  },
  rotate: ({ stage }, { keepOld }) => {
    stage.cognito.rotateKeys({ keepOld: keepOld === true });
    return {};
  },
  restart: async ({ stage }) => {
    await stage.restart();
    return {};
  },
};

/** Performs what the page asks for. @throws {Refused} */
export async function control(parts: ControlParts, name: string, request: IncomingMessage): Promise<object> {
  const isAction = Object.hasOwn(ACTIONS, name);
  const operation = isAction ? ACTIONS[name] : Object.hasOwn(READS, name) ? READS[name] : undefined;
  if (operation === undefined) throw new Refused(404, "There is nothing here.");
  if (request.method !== (isAction ? "POST" : "GET")) throw new Refused(405, "Not with this method.");
  if (isAction) return operation(parts, await readJson(request));
  const { searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
  return operation(parts, Object.fromEntries(searchParams));
}

function text(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "" && value.length <= MAX_LENGTH) return value;
  throw new Refused(400, `\`${name}\` is a text of at most ${MAX_LENGTH} characters, and not empty.`);
}

function texts(name: string, value: unknown = []): readonly string[] {
  if (Array.isArray(value) && value.length <= MAX_TEXTS) return value.map((each: unknown) => text(name, each));
  throw new Refused(400, `\`${name}\` is a list of texts.`);
}

function wholeNumber(name: string, value: unknown, limit: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && Math.abs(value) <= limit) return value;
  throw new Refused(400, `\`${name}\` is a whole number of seconds, at most ${limit}.`);
}
