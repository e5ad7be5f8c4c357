import { expect } from "chai";
import {
  authorize,
  type RequestHandler,
  requireAnyScope,
  requireAuth,
  requireClaim,
  requireEveryGroup,
  requireGroup,
  requireScope,
  SessionManager,
} from "cognito-auth-session";
import fc from "fast-check";
import { ask, expectTableRow, linesOf } from "./support/answers.js";
import { OwnPool } from "./support/own-pool.js";
import { watchForStrayRejections } from "./support/process-watch.js";
import { groupsIn } from "./support/reference.js";
import { checkCases } from "./support/seeded.js";

type Claims = Readonly<Record<string, unknown>>;

/** Names that resemble each other, or that objects and lists have of their own. */
const NAMES = [
  "admin",
  "Admin",
  "admins",
  "adm",
  "a",
  "b",
  "admin,b",
  "a b",
  "length",
  "0",
  "__proto__",
  "constructor",
];
const SCOPES = ["read", "write", "api/read", "api/write", "rea", "READ", "length", "0", "constructor"];
const CLAIMS = ["custom:tenant", "email_verified", "sub", "cognito:groups", "toString", "constructor", "level", "none"];

const groupName = fc.constantFrom(...NAMES);
const groups = fc.oneof(
  { weight: 4, arbitrary: fc.array(groupName, { maxLength: 4 }) },
  groupName,
  fc.array(fc.oneof(groupName, fc.constantFrom(null, 0, true, ["admin"], { admin: 1 })), { maxLength: 3 }),
  fc.constantFrom(null, true, 0, { 0: "admin", length: 1 }, { admin: true }, [["admin"]], "admin,b", '["admin"]'),
);
const scopeText = fc
  .array(fc.oneof(fc.constantFrom(...SCOPES), fc.constantFrom("", "read\twrite", "read,write", "\u00a0")), {
    maxLength: 5,
  })
  .chain((list) => fc.constantFrom(" ", "  ").map((between) => list.join(between)));
const value = fc.constantFrom<unknown>("a", "b", "true", true, false, 1, 0, "1", "", null, ["a"], { a: "a" }, "ada");
const others = fc.record(
  { "custom:tenant": value, email_verified: value, level: value, toString: value, constructor: value },
  { requiredKeys: [] },
);
const claims = fc
  .tuple(fc.option(groups), others, fc.record({ groups, roles: groups, "custom:groups": groups }, { requiredKeys: [] }))
  .map(
    ([given, more, decoys]): Claims => ({ ...more, ...decoys, ...(given === null ? {} : { "cognito:groups": given }) }),
  );
const sent = fc.oneof(
  fc.record({ access: claims, scope: scopeText }),
  fc.record({ id: claims }),
  fc.record({ access: claims, id: claims, scope: scopeText }),
) as fc.Arbitrary<{ access?: Claims; id?: Claims; scope?: string }>;
const asked = fc.record({
  groups: fc.array(groupName, { minLength: 1, maxLength: 3 }),
  scopes: fc.array(fc.constantFrom(...SCOPES), { minLength: 1, maxLength: 3 }),
  claim: fc.constantFrom(...CLAIMS),
  value: fc.constantFrom<string | number | boolean>("a", "b", "true", true, false, 1, 0, "1", "", "ada"),
});

describe("Any claims before a guard", function () {
  this.timeout(120_000);
  watchForStrayRejections();
  const pool = new OwnPool();
  const manager = new SessionManager(pool.options, { fetchJson: pool.fetchJson });

  it("pass where the claims say so in plain words, and nowhere else", async () => {
    const counts = { passed: 0, refused: 0 };
    await checkCases(
      2500,
      fc.asyncProperty(sent, asked, async ({ access, id, scope }, wanted) => {
        const payloads = {
          ...(access && { access: pool.claims("access", { ...access, scope }) }),
          ...(id && { id: pool.claims("id", id) }),
        };
        const [first = "", second] = Object.values(payloads).map((payload) => pool.signText(JSON.stringify(payload)));
        for (const [guard, mayPass] of casesOf(payloads, wanted)) {
          const answer = await ask(manager, linesOf(first, second), guard);
          expect(answer.status, JSON.stringify([payloads, wanted, answer.body])).to.equal(mayPass ? 200 : 403);
          if (!mayPass) expectTableRow(answer);
          counts[mayPass ? "passed" : "refused"] += 1;
        }
      }),
    );
    expect(counts.passed).to.be.greaterThan(3000);
    expect(counts.refused).to.be.greaterThan(3000);
  });
});

/** Each guard, and whether it may let these claims pass. */
function casesOf(
  { access, id }: { access?: Claims; id?: Claims },
  wanted: { groups: string[]; scopes: string[]; claim: string; value: string | number | boolean },
): [RequestHandler, boolean][] {
  const mine = new Set(groupsIn(access ?? id ?? {}));
  const granted = new Set(typeof access?.scope === "string" ? access.scope.split(" ") : []);
  const carriers = [access, id].filter((payload) => payload && Object.hasOwn(payload, wanted.claim));
  const isClaimed = carriers.length > 0 && !carriers.some((payload) => payload?.[wanted.claim] !== wanted.value);
  return [
    [requireAuth(), true],
    [requireGroup(...wanted.groups), wanted.groups.some((group) => mine.has(group))],
    [requireEveryGroup(...wanted.groups), wanted.groups.every((group) => mine.has(group))],
    [requireScope(...wanted.scopes), wanted.scopes.every((scope) => granted.has(scope))],
    [requireAnyScope(...wanted.scopes), wanted.scopes.some((scope) => granted.has(scope))],
    [requireClaim(wanted.claim, wanted.value), isClaimed],
    [requireClaim(wanted.claim, (found) => found === wanted.value), isClaimed],
    [authorize((session) => session.groups.includes("admin")), mine.has("admin")],
  ];
}
