import { expect } from "chai";
import { type AppUnderAttack, type AttackGroup, harmless, refused, remember, type Stage } from "./attack.js";
import { bearer } from "./attempt.js";
import { ADA, AWS_POOL, type World } from "./context.js";
import { contentAttacks } from "./key-set-contents.js";
import { outageAttacks } from "./key-set-outages.js";

const AWS_CLAIMS = { iss: AWS_POOL.issuer, client_id: AWS_POOL.clientId };

const warm = async ({ ask, world }: Stage): Promise<void> => {
  expect((await ask(bearer(world.good()))).status).to.equal(200);
};

export const keySet: AttackGroup = {
  title: "key set",
  attacks: [
    ...outageAttacks,
    ...contentAttacks,
    refused(
      "an unknown key's name does not throw out the known keys",
      (w) => bearer(w.access({}, { kid: "x" })),
      "invalid_signature",
      {
        prepare: warm,
        after: warm,
      },
    ),
    refused(
      "a storm of invented names causes five fetches, and no more",
      (w) => bearer(w.access({}, { kid: "one-more" })),
      "invalid_signature",
      {
        prepare: async (stage) => {
          await warm(stage);
          const names = Array.from({ length: 40 }, (_, index) => `storm-${index}`);
          await Promise.all(names.map((kid) => stage.ask(bearer(stage.world.access({}, { kid })))));
          for (const kid of names) await stage.ask(bearer(stage.world.access({}, { kid: `${kid}-again` })));
        },
        after: ({ keyCalls }) => expect(keyCalls().ours).to.equal(1 + 5),
      },
    ),
    harmless(
      "a storm of invented names holds up a really rotated key for five seconds at most",
      (w) => bearer(w.good()),
      ADA,
      {
        prepare: async (stage) => {
          await warm(stage);
          for (let index = 0; index < 12; index += 1) {
            await stage.ask(bearer(stage.world.access({}, { kid: `storm-${index}` })));
          }
          stage.world.cognito.rotateKeys();
          stage.world.clock.advance({ seconds: 5 });
        },
      },
    ),
    refused(
      "a token of a key that was withdrawn is refused after ten minutes",
      (w) => bearer(withdrawn(w)),
      "invalid_signature",
      {
        prepare: async (stage) => {
          const { world } = stage;
          await remember(stage, bearer(withdrawn(world)));
          world.cognito.rotateKeys();
          world.clock.advance({ minutes: 10 });
        },
      },
    ),
    refused("a clock that is set back does not keep old keys young", (w) => bearer(undated(w)), "invalid_signature", {
      prepare: async (stage) => {
        const { world } = stage;
        await remember(stage, bearer(undated(world)));
        world.cognito.rotateKeys();
        world.clock.advance({ hours: -1 });
      },
      after: ({ world }) => world.clock.advance({ hours: 1 }),
    }),
    refused(
      "a remembered token is refused once its key's name stands for another key",
      (w) => bearer(changed(w)),
      "invalid_signature",
      {
        app: (w) => {
          let calls = 0;
          const other = { ...w.poolKey, kid: w.mint.kid };
          const spare = { ...w.mint.jwk, kid: "spare" };
          const fetchJson = async () => {
            calls += 1;
            return { keys: [calls === 1 ? w.mint.jwk : other, spare] };
          };
          const good = () => w.mint.sign(w.mint.header({ kid: "spare" }), w.payload(AWS_CLAIMS));
          return { ...w.awsApp(), parts: { clock: w.clock.read, fetchJson }, good };
        },
        prepare: async (stage) => {
          const { world } = stage;
          await remember(stage, bearer(changed(world)));
          world.clock.advance({ minutes: 11 });
        },
      },
    ),
    refused(
      "a forged token is refused, not let by, while the keys cannot be had",
      (w) => bearer(w.strangers({}, { kid: w.poolKey.kid })),
      "jwks_unavailable",
      { prepare: ({ world }) => world.cognito.fail("JWKS", { status: 500 }) },
    ),
    harmless("known keys serve while the pool is down", (w) => bearer(w.good()), ADA, {
      prepare: async (stage) => {
        await warm(stage);
        stage.world.cognito.fail("JWKS", { status: 500 });
        stage.world.clock.advance({ hours: 12 });
      },
    }),
    refused(
      "known keys do not serve for more than a day while the pool is down",
      (w) => bearer(w.good()),
      "jwks_unavailable",
      {
        prepare: async (stage) => {
          await warm(stage);
          stage.world.cognito.fail("JWKS", { status: 500 });
          stage.world.clock.advance({ hours: 25 });
        },
      },
    ),
    harmless("a hundred first requests at once make one fetch", (w) => bearer(w.good()), ADA, {
      prepare: async ({ ask, keyCalls, world }) => {
        const answers = await Promise.all(Array.from({ length: 100 }, () => ask(bearer(world.good()))));
        expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]));
        expect(keyCalls().ours).to.equal(1);
      },
    }),
    refused(
      "a key's name in two pools stays two keys: the one's key signs no token of the other",
      (w) => bearer(w.strangers({}, { kid: "shared" })),
      "invalid_signature",
      { app: twoPools },
    ),
    refused(
      "a key's name in two pools stays two keys: a token of the one, signed by the other's, is refused",
      (w) => {
        const { issuer: iss, clientId: client_id } = w.stranger.options;
        return bearer(w.mint.sign(w.mint.header({ kid: "shared" }), w.payload({ iss, client_id })));
      },
      "invalid_signature",
      { app: twoPools },
    ),
  ],
};

/** Two pools that name their keys alike. */
function twoPools(w: World): AppUnderAttack {
  const pools = [w.cognito, w.stranger].map(({ options: { userPoolId, clientId, issuer, jwksUri } }) => ({
    userPoolId,
    clientId,
    issuer,
    jwksUri,
  }));
  const fetchJson = async (uri: string) => {
    if (uri === w.cognito.options.jwksUri) return { keys: [{ ...w.mint.jwk, kid: "shared" }] };
    const { keys } = (await (await fetch(uri)).json()) as { keys: [object] };
    return { keys: [{ ...keys[0], kid: "shared" }] };
  };
  const good = () => w.mint.sign(w.mint.header({ kid: "shared" }), w.payload());
  return { options: { userPools: pools }, parts: { clock: w.clock.read, fetchJson }, good };
}

const kept = new WeakMap<World, Map<string, string>>();
function keep(w: World, name: string, make: () => string): string {
  const tokens = kept.get(w) ?? new Map<string, string>();
  kept.set(w, tokens);
  const token = tokens.get(name) ?? make();
  tokens.set(name, token);
  return token;
}

/** The very same tokens before and after the keys change. */
const withdrawn = (w: World): string => keep(w, "withdrawn", () => w.good());
const undated = (w: World): string => keep(w, "undated", () => w.good({ iat: undefined }));
const changed = (w: World): string => keep(w, "changed", () => w.awsToken());
