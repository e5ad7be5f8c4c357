import { expect } from "chai";
import type { Answer } from "../support/expectations.js";
import { type AttackGroup, harmless, refused, type Stage } from "./attack.js";
import { bearer } from "./attempt.js";
import { ADA, type World } from "./context.js";
import { faultAttacks, idOf, withPool } from "./credentials-faults.js";

/** What a client says about identities, pools and roles; none of it counts. */
const CLAIMS_TO_OTHERS: readonly [string, (w: World) => readonly string[]][] = [
  ["an identity id", () => ["X-Identity-Id: eu-west-1:00000000-0000-0000-0000-000000000000"]],
  ["an identity id in a cookie", () => ["Cookie: identityId=eu-west-1:0; CognitoIdentityId=eu-west-1:0"]],
  ["a role", () => ["X-Role-Arn: arn:aws:iam::123456789012:role/admins", "X-Amz-Role: admins"]],
  ["an identity pool", () => ["X-Identity-Pool-Id: eu-west-1:1", "X-Cognito-Identity-Pool: eu-west-1:1"]],
  ["AWS credentials", () => ["X-Amz-Security-Token: x", "X-Amz-Access-Key-Id: AKIA"]],
  ["a host", () => ["X-Forwarded-Host: idp.example.com", "Forwarded: host=idp.example.com"]],
];

export const credentialsAndCaches: AttackGroup = {
  title: "credentials and caches",
  attacks: [
    ...faultAttacks,
    ...CLAIMS_TO_OTHERS.map(([name, more]) => {
      let accessKeyId: unknown;
      return harmless(
        `${name} that the request names does not count`,
        (w) => ({ lines: [...bearer(idOf(w, "eve")).lines, ...more(w)] }),
        { username: "eve" },
        {
          app: withPool,
          prepare: async ({ ask, world }) => {
            accessKeyId = read(await ask(bearer(idOf(world, "eve"))), "accessKeyId");
          },
          after: async ({ ask, world }) => {
            const again = await ask({ lines: [...bearer(idOf(world, "eve")).lines, ...more(world)] });
            expect(read(again, "accessKeyId")).to.equal(accessKeyId);
          },
        },
      );
    }),
    harmless(
      "two users, interleaved a hundred times, each get their own",
      (w) => bearer(idOf(w, "eve")),
      { username: "eve" },
      { app: withPool, prepare: (stage) => interleave(stage, ["ada", "bob", "eve"]) },
    ),
    harmless(
      "one sub in two pools is two users",
      (w) => bearer(w.id({ sub: "same" })),
      { userSub: "same" },
      {
        app: (w) => ({
          options: { userPools: [w.cognito.options, w.stranger.options] },
          parts: { clock: w.clock.read },
        }),
        prepare: async ({ ask, world }) => {
          const tokens = [world.cognito, world.stranger].map((pool) =>
            pool.signToken({ tokenUse: "id", claims: { sub: "same" } }),
          );
          const keys = await Promise.all(tokens.map(async (token) => read(await ask(bearer(token)), "accessKeyId")));
          expect(new Set(keys).size).to.equal(2);
        },
      },
    ),
    harmless(
      "a user who was moved out of a group does not keep the old role under a new token",
      (w) => bearer(idOf(w, "eve")),
      { username: "eve", groups: [] },
      {
        app: withPool,
        prepare: async ({ ask, world }) => {
          const before = await ask(bearer(idOf(world, "eve", ["admin"], ["arn:aws:iam::123456789012:role/admins"])));
          expect(roleOf(world, before)).to.match(/admins$/);
        },
        after: async ({ ask, world }) => {
          expect(roleOf(world, await ask(bearer(idOf(world, "eve"))))).to.match(/local-cognito-user$/);
        },
      },
    ),
    harmless(
      "a user whose attributes changed does not keep the old tags' credentials",
      (w) => bearer(w.id({ sub: "eve", "custom:tenant": "acme" })),
      { userSub: "eve" },
      {
        app: withPool,
        prepare: async ({ ask, world }) => {
          const of = async (tenant: string) =>
            read(await ask(bearer(world.id({ sub: "eve", "custom:tenant": tenant }))), "accessKeyId");
          expect(await of("acme")).not.to.equal(await of("other"));
        },
      },
    ),
    harmless("two roles of one user are kept apart", (w) => bearer(w.good()), ADA, {
      app: (w) => {
        // The newest access token's scope, which is not the ID token's, says which role is asked for.
        const roleArn = ({ scopes }: { scopes: readonly string[] }) => scopes[0];
        return { options: { ...w.cognito.options, roleArn } };
      },
      prepare: async ({ ask, world }) => {
        const roles = ["readers", "writers"].map((role) => `arn:aws:iam::123456789012:role/${role}`);
        const id = world.id({ sub: "eve", origin_jti: "o", "cognito:roles": roles });
        for (const role of [...roles, ...roles]) {
          const access = world.access({ sub: "eve", origin_jti: "o", scope: role });
          expect(roleOf(world, await ask(bearer(access, id)))).to.equal(role);
        }
      },
    }),
    refused("a role that is not the user's is refused", (w) => bearer(idOf(w, "eve")), "credentials_denied", {
      app: (w) => ({
        options: {
          ...w.cognito.options,
          roleArn: ({ userSub }) => (userSub === ADA.userSub ? undefined : "arn:aws:iam::123456789012:role/admins"),
        },
      }),
    }),
    refused(
      "a roleArn whose promise rejects is nobody's unhandled rejection",
      (w) => bearer(idOf(w, "eve")),
      "misconfigured",
      {
        name: "InvalidParameterException",
        app: (w) => {
          // A JavaScript user may return anything.
          const rejecting = (() => Promise.reject(new Error("no"))) as unknown as () => string;
          return { options: { ...w.cognito.options, roleArn: rejecting } };
        },
      },
    ),
    refused(
      "expired credentials are not served while Cognito is down",
      (w) => bearer(idOf(w, "eve")),
      "credentials_unavailable",
      {
        app: withPool,
        prepare: async ({ ask, world }) => {
          expect((await ask(bearer(idOf(world, "eve")))).status).to.equal(200);
          world.clock.advance({ minutes: 61 });
          world.cognito.fail("GetCredentialsForIdentity", { status: 503 });
        },
      },
    ),
    refused(
      "an ID token that ended within the tolerance is expired, not denied",
      (w) => bearer(w.id({ exp: w.nowSeconds - 2 })),
      "token_expired",
      { app: withPool },
    ),
    harmless(
      "a user's ended token, sent over and over, does not hold up the same user's fresh one",
      (w) => bearer(w.id({ sub: "eve" })),
      { userSub: "eve" },
      {
        app: withPool,
        prepare: async ({ ask, world }) => {
          const ended = world.id({ sub: "eve", exp: world.nowSeconds - 2 });
          for (let index = 0; index < 4; index += 1) {
            expect((await ask(bearer(ended))).body).to.include({ code: "token_expired" });
          }
        },
      },
    ),
    refused("a failing user does not become a stampede", (w) => bearer(idOf(w, "eve")), "credentials_unavailable", {
      app: withPool,
      prepare: async ({ ask, world }) => {
        world.cognito.fail("GetId", { status: 503 });
        const before = world.cognito.requests("GetId");
        await Promise.all(Array.from({ length: 30 }, () => ask(bearer(idOf(world, "eve")))));
        for (let index = 0; index < 10; index += 1) await ask(bearer(idOf(world, "eve")));
        expect(world.cognito.requests("GetId") - before).to.be.below(4);
      },
    }),
    refused("a refused user does not hold up another", (w) => bearer(idOf(w, "eve")), "credentials_denied", {
      app: withPool,
      prepare: async ({ ask, world }) => {
        world.cognito.fail("GetId", { error: "NotAuthorizedException", times: 2 });
        await ask(bearer(idOf(world, "eve")));
        await ask(bearer(idOf(world, "eve")));
        expect((await ask(bearer(idOf(world, "bob")))).status).to.equal(200);
      },
      after: ({ world }) => world.clock.advance({ minutes: 1 }),
    }),
    harmless(
      "a client that hangs up during its exchange leaves the next one whole",
      (w) => bearer(idOf(w, "eve")),
      { username: "eve" },
      {
        app: withPool,
        prepare: async ({ ask, world }) => {
          world.cognito.fail("GetId", { delay: 60 });
          const gone = ask({ ...bearer(idOf(world, "eve")), hangUpAfterMs: 20 });
          await Promise.allSettled([gone]);
          world.heal();
        },
      },
    ),
    refused("an anonymous request gets no credentials", () => ({ lines: [] }), "missing_token", {
      app: (w) => ({ guard: ["requireCredentials"], options: { ...w.cognito.options, required: false } }),
    }),
    harmless(
      "an access token gets no credentials of an earlier ID token",
      (w) => bearer(w.cognito.signIn({ username: "eve" }).accessToken),
      { username: "eve" },
      {
        app: withPool,
        prepare: async ({ ask, world }) => {
          await ask(bearer(idOf(world, "eve")));
          const answer = await ask(bearer(world.cognito.signIn({ username: "eve" }).accessToken));
          expect([read(answer, "accessKeyId"), read(answer, "identityId")]).to.deep.equal([undefined, undefined]);
        },
      },
    ),
  ],
};

async function interleave({ ask, world }: Stage, usernames: readonly string[]): Promise<void> {
  const keys = new Map<string, unknown>();
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const username = usernames[(index * 7) % usernames.length] ?? "";
      const answer = await ask(bearer(idOf(world, username)));
      expect(read(answer, "username")).to.equal(username);
      const accessKeyId = read(answer, "accessKeyId");
      expect(accessKeyId).to.equal(keys.get(username) ?? accessKeyId);
      keys.set(username, accessKeyId);
    }),
  );
  expect(new Set(keys.values()).size).to.equal(usernames.length);
}

function read({ status, body, text }: Answer, member: string): unknown {
  expect(status, text).to.equal(200);
  return typeof body === "object" && body !== null ? new Map(Object.entries(body)).get(member) : undefined;
}

/** Under which role the answer's credentials act. */
function roleOf(world: World, answer: Answer): string | undefined {
  return world.cognito.callerIdentity(String(read(answer, "accessKeyId")))?.roleArn;
}
