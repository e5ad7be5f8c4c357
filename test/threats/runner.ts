import { expect } from "chai";
import { AuthError, SessionManager } from "cognito-auth-session";
import { expectRefusal, expectRefusalHead } from "../support/expectations.js";
import type { Face } from "../support/faces.js";
import { withServer } from "../support/raw-http.js";
import type { AppUnderAttack, Attack, Attempt, Refused, Stage } from "./attack.js";
import { bearer } from "./attempt.js";
import { exchange } from "./client.js";
import { ADA, World } from "./context.js";
import { CORPUS } from "./corpus.js";
import { watchProcess } from "./process-watch.js";

/** Above what the tokens need: their bound, not the parser's, is to be met. */
const SERVER = { maxHeaderSize: 64 * 1024 };

/** Runs every attack of the corpus against a face. */
export function runCorpus(faceName: string, face: Face): void {
  describe(`The threats over ${faceName}`, () => {
    const watch = watchProcess();
    const counts = new Map<string, number>();
    let world: World;
    before(async () => {
      watch.start();
      world = await World.open();
    });
    after(async () => {
      await world.close();
      watch.stop();
      const table = [...counts].map(([title, count]) => `${title} ${count}`).join(", ");
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
      console.log(`    ${total} attacks over ${faceName}: ${table}`);
    });

    for (const { title, attacks } of CORPUS) {
      describe(`${title}:`, () => {
        for (const attack of attacks) {
          it(attack.name, async () => {
            counts.set(title, (counts.get(title) ?? 0) + 1);
            await runAttack(world, face, attack);
          });
        }

        it("leaves the process as it was: no unhandled rejection, no uncaught exception, no warning", async () => {
          expect(await watch.incidents()).to.deep.equal([]);
        });
      });
    }
  });
}

async function runAttack(world: World, face: Face, attack: Attack): Promise<void> {
  const app = (await attack.app?.(world)) ?? {};
  const sessions = new SessionManager(app.options ?? world.options, app.parts ?? world.parts);
  const isOneShot = attack.prepare !== undefined || attack.after !== undefined;
  try {
    await withServer(
      face({ sessions, ...app }),
      async (port) => {
        const path = app.guard === undefined ? "/me" : "/guarded";
        const [ours, strangers] = [world.fetched.length, world.stranger.requests("JWKS")];
        const stage: Stage = {
          world,
          sessions,
          ask: (attempt) => exchange(port, { path, ...attempt }),
          keyCalls: () => ({
            ours: world.fetched.length - ours,
            strangers: world.stranger.requests("JWKS") - strangers,
          }),
        };
        await attack.prepare?.(stage);
        await strike(stage, attack);
        await attack.after?.(stage);
        world.heal();
        await expectGood(world, face, app, port);
        if (isOneShot) return;
        // Again, now that the keys are at hand and a good token is remembered.
        await strike(stage, attack);
        await expectGood(world, face, app, port);
      },
      SERVER,
    );
  } finally {
    world.heal();
    await sessions.close();
  }
}

async function strike(stage: Stage, { send, verdict, withinMs = 2000 }: Attack): Promise<void> {
  for (const attempt of [send(stage.world)].flat()) {
    const startedMs = performance.now();
    const answer = await stage.ask(attempt);
    expect(performance.now() - startedMs, "milliseconds to answer").to.be.below(withinMs);
    if ("code" in verdict) {
      if (attempt.method === "HEAD") expectRefusalHead(answer, verdict.code, verdict);
      else expectRefusal(answer, verdict.code, verdict);
      await expectClaim(stage, attempt, verdict);
    } else if ("harmless" in verdict) {
      expect(answer.status, answer.text).to.equal(200);
      expect(answer.body).to.deep.include(verdict.harmless);
    } else {
      expect(answer.status, answer.text).to.equal(verdict.parser);
      expect(answer.text).to.equal("");
    }
  }
}

/** Which claim it was is told to the server, in the error, and not to the client. */
async function expectClaim({ sessions }: Stage, { lines }: Attempt, { code, claim }: Refused): Promise<void> {
  if (claim === undefined) return;
  const headers = Object.fromEntries(
    lines.map((line) => {
      const text = line.toString();
      const colon = text.indexOf(":");
      return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()];
    }),
  );
  const error: unknown = await sessions.getSession({ headers }).catch((thrown: unknown) => thrown);
  expect(error).to.be.instanceOf(AuthError).that.includes({ code, claim });
}

/** The process lives, and serves the right user. */
async function expectGood(world: World, face: Face, app: AppUnderAttack, port: number): Promise<void> {
  const attempt = { ...bearer(app.good?.() ?? world.good()), path: "/me" };
  const ask = async (at: number) => {
    const answer = await exchange(at, attempt);
    expect(answer.status, `a good request: ${answer.text}`).to.equal(200);
    expect(answer.body).to.deep.include(ADA);
  };
  if (app.inPlaceOfSession === undefined) return ask(port);
  // Such an app answers nobody; another one in this process must.
  const sessions = new SessionManager(world.options, world.parts);
  await withServer(face({ sessions }), ask, SERVER);
}
