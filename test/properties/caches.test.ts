import { expect } from "chai";
import fc from "fast-check";
import { OwnPool } from "./support/own-pool.js";
import { watchForStrayRejections } from "./support/process-watch.js";
import { checkCases } from "./support/seeded.js";
import { type Ending, World } from "./support/world.js";

/** Something that happens. Plain data, so that a counterexample reads as a story. */
type Happening =
  | { readonly what: "request"; readonly user: number; readonly age: number; readonly both: boolean }
  | { readonly what: "exchange ends"; readonly which: number; readonly ending: Ending }
  | { readonly what: "sign-in"; readonly user: number }
  | { readonly what: "groups change"; readonly user: number; readonly groups: readonly string[] }
  | { readonly what: "time passes"; readonly seconds: number };

const user = fc.nat(3);
const request = fc.record({
  what: fc.constant("request" as const),
  user,
  age: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(2)),
  both: fc.boolean(),
});
const exchangeEnds = fc.record({
  what: fc.constant("exchange ends" as const),
  which: fc.nat(3),
  ending: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<Ending>(3600, 3600, 600, 60, 1) },
    { weight: 1, arbitrary: fc.constantFrom<Ending>("denied", "unavailable", "expired", "rejected") },
  ),
});
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: request },
  { weight: 5, arbitrary: exchangeEnds },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("sign-in" as const), user }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("groups change" as const),
      user,
      groups: fc.constantFrom<string[]>([], ["boss"], ["any"], ["any", "boss"], ["boss", "any"]),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("time passes" as const),
      // Set back, too, as clocks are.
      seconds: fc.constantFrom(1, 5, 30, 299, 301, 1800, 3299, 3599, 3600, 3606, 7200, -1, -60, -3600),
    }),
  },
);

function happen(world: World, event: Happening): void {
  if (event.what === "request") world.request(event.user, event.age, event.both);
  else if (event.what === "exchange ends") world.endExchange(event.which, event.ending);
  else if (event.what === "sign-in") world.signIn(event.user);
  else if (event.what === "groups change") world.changeGroups(event.user, event.groups);
  else world.moveClock(event.seconds);
}

describe("Any order of requests, sign-ins, exchanges and time", function () {
  this.timeout(120_000);
  watchForStrayRejections();

  it("gives nobody another's credentials, an older role's, or expired ones, and everybody an answer", async () => {
    const pools = [new OwnPool("eu-west-1_One"), new OwnPool("eu-west-1_Two")];
    const total = { good: 0, bad: 0 };
    const history = fc.array(fc.tuple(happening, fc.boolean()), { minLength: 10, maxLength: 50 });
    await checkCases(
      700,
      fc.asyncProperty(history, async (events) => {
        const world = new World(pools);
        for (const [event, pause] of events) {
          // Time does not pass while code runs; all else may happen before anything could go on.
          if (pause || event.what === "time passes") await world.settle();
          happen(world, event);
        }
        await world.finish();
        total.good += world.answers.good;
        total.bad += world.answers.bad;
      }),
    );
    expect(total.good).to.be.greaterThan(1500);
    expect(total.bad).to.be.greaterThan(200);
  });
});
