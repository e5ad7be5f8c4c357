import { expect } from "chai";
import { SessionManager } from "cognito-auth-session";
import { type Answer, expectRefusal, expectRefusalHead } from "../support/expectations.js";
import { withServer } from "../support/raw-http.js";
import { exchange } from "../threats/client.js";
import { ADAPTERS, type AdapterName } from "./adapters.js";
import { type Behaviour, type BehaviourGroup, Cast, mask } from "./behaviour.js";
import { CREDENTIALS } from "./behaviour-credentials.js";
import { ERRORS } from "./behaviour-errors.js";
import { GUARDS } from "./behaviour-guards.js";
import { OWN_HANDLERS } from "./behaviour-own-handlers.js";
import { SESSIONS } from "./behaviour-sessions.js";

const GROUPS: readonly BehaviourGroup[] = [SESSIONS, ERRORS, GUARDS, CREDENTIALS, OWN_HANDLERS];
const NAMES = Object.keys(ADAPTERS) as AdapterName[];
const OPERATIONS = ["JWKS", "GetId", "GetCredentialsForIdentity"];

/** Headers that servers and frameworks add to any answer, by their own settings, whether an adapter is there or not. */
const NOT_COMPARED = new Set([
  "date", // of the moment
  "connection", // of the connection, as are the next two
  "keep-alive",
  "transfer-encoding",
  "x-powered-by", // Express' advertisement
  "etag", // Express', of bodies that handlers send
]);
/** What is compared where the framework's own handler answers. */
const OWN_HANDLERS_HEADERS = ["www-authenticate", "retry-after"];

describe("The behaviour of every adapter", () => {
  let cast: Cast;
  const ran = new Map<string, number>();
  before(async () => {
    cast = await Cast.open();
  });
  after(async () => {
    await cast.cognito.stop();
    console.log(tableOf(ran));
  });

  for (const { title, cases } of GROUPS) {
    describe(`${title}:`, () => {
      for (const behaviour of cases) {
        describe(behaviour.name, () => {
          let first: { name: AdapterName; answer: object } | undefined;
          for (const name of NAMES.filter((each) => behaviour.notOn?.[each] === undefined)) {
            it(`on ${name}`, async () => {
              const answer = await play(cast, name, behaviour);
              const compared = comparedPart(answer, behaviour);
              first ??= { name, answer: compared };
              expect(compared, `the same as on ${first.name}`).to.deep.equal(first.answer);
              ran.set(`${title}, ${name}`, (ran.get(`${title}, ${name}`) ?? 0) + 1);
            });
          }
        });
      }
    });
  }
});

async function play(cast: Cast, name: AdapterName, behaviour: Behaviour): Promise<Answer> {
  const { guard, inPlaceOfSession, withoutErrorHandler, options = {}, prepare, after, request } = behaviour;
  const own = typeof options === "function" ? options(cast) : options;
  const sessions = new SessionManager({ ...cast.cognito.options, ...own }, { clock: cast.clock.read });
  const path = guard === undefined ? "/me" : "/guarded";
  const app = ADAPTERS[name]({ sessions, guard, inPlaceOfSession, withoutErrorHandler });
  try {
    await prepare?.(cast, sessions);
    const attempt = { path, ...request(cast) };
    const answer = await withServer(app, (port) => exchange(port, attempt));
    expectAnswer(answer, attempt.method === "HEAD", behaviour, cast);
    await after?.(cast, answer.body);
    return answer;
  } finally {
    for (const operation of OPERATIONS) cast.cognito.fail(operation, { times: 0 });
    await sessions.close();
  }
}

function expectAnswer(answer: Answer, isHead: boolean, { expected }: Behaviour, cast: Cast): void {
  if (isHead) expect(answer.text).to.equal("");
  if ("code" in expected) {
    if (isHead) expectRefusalHead(answer, expected.code, expected);
    else expectRefusal(answer, expected.code, expected);
  } else if ("ownHandler" in expected) {
    if (expected.ownHandler === undefined) expect(answer.status).to.equal(500);
    else expectRefusalHead(withOurHeaders(answer), expected.ownHandler, expected);
    expect(answer.headers["content-type"] ?? "").not.to.contain("problem");
  } else {
    expect(answer.status, answer.text).to.equal(200);
    if (!isHead) expect(JSON.parse(mask(answer.text))).to.deep.equal(expected.body(cast));
  }
}

/** With the two headers that only `authErrorHandler()` adds: the rest must be there by the error's own fields. */
function withOurHeaders({ status, headers }: Answer): Pick<Answer, "status" | "headers"> {
  return {
    status,
    headers: { ...headers, "content-type": "application/problem+json", "cache-control": "no-store" },
  };
}

/** What all adapters must agree on, to the byte. */
function comparedPart({ status, headers, text }: Answer, { expected }: Behaviour): object {
  const isOwn = "ownHandler" in expected;
  const kept = Object.entries(headers).filter(([name]) =>
    isOwn ? OWN_HANDLERS_HEADERS.includes(name) : !NOT_COMPARED.has(name),
  );
  return { status, headers: Object.fromEntries(kept), ...(isOwn ? {} : { text: mask(text) }) };
}

/** How many cases of each kind every adapter ran, and why it did not run the others. */
function tableOf(ran: ReadonlyMap<string, number>): string {
  const widths = NAMES.map((name) => name.length + 3);
  const row = (title: string, cells: readonly (string | number)[]) =>
    `    ${title.padEnd(28)}${cells.map((cell, index) => String(cell).padStart(widths[index] ?? 0)).join("")}`;
  const counts = GROUPS.map(({ title }) =>
    row(
      title,
      NAMES.map((name) => ran.get(`${title}, ${name}`) ?? 0),
    ),
  );
  const total = GROUPS.reduce((sum, { cases }) => sum + cases.length, 0);
  const reasons = new Map<string, number>();
  for (const { notOn = {} } of GROUPS.flatMap(({ cases }) => cases)) {
    for (const [name, why] of Object.entries(notOn)) {
      reasons.set(`${name}: ${why}`, (reasons.get(`${name}: ${why}`) ?? 0) + 1);
    }
  }
  const notRun = [...reasons].map(([reason, count]) => `    ${count} not on ${reason}`);
  return ["", row(`${total} cases`, NAMES), ...counts, ...notRun, ""].join("\n");
}
