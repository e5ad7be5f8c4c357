import { expect } from "chai";
import { DEFENCES, type Defence } from "./defences.js";
import { type Run, Workshop } from "./workshop.js";

const nameOf = (tests: Defence["noticedBy"]): string => ("group" in tests ? `threats: ${tests.group}` : tests.test);

/** Set `DEFENCES` to parts of names of files or tests, with commas between them, to look at those only. */
const WANTED = (process.env.DEFENCES ?? "").split(",");
const ONLY = DEFENCES.filter(({ file, noticedBy }) =>
  WANTED.some((part) => file.includes(part) || nameOf(noticedBy).includes(part)),
);

/** Without these, a test that always fails would seem to notice everything. */
const INTACT = [...new Map(ONLY.map(({ noticedBy }) => [nameOf(noticedBy), noticedBy])).values()];

describe("Taking a defence away", () => {
  const jobs: { readonly run: (workshop: Workshop) => Promise<Run>; settle: (run: Promise<Run>) => void }[] = [];
  /** Two at a time; each test waits for its own. */
  const later = (run: (workshop: Workshop) => Promise<Run>): Promise<Run> =>
    new Promise((settle) => {
      jobs.push({ run, settle });
    });
  /** Its own test tells of it, later. */
  const expected = (run: Promise<Run>): Promise<Run> => {
    run.catch(() => {});
    return run;
  };

  describe("is noticed by tests that pass with all defences in place:", () => {
    for (const tests of INTACT) {
      const done = expected(later((workshop) => workshop.run(tests)));
      it(nameOf(tests), async () => {
        const { failed, output } = await done;
        expect(failed, output.slice(-2000)).to.equal(false);
      });
    }
  });

  describe("is noticed:", () => {
    let killed = 0;
    for (const defence of ONLY) {
      const { file, source, replacement, noticedBy } = defence;
      const done = expected(later((workshop) => workshop.without(defence)));
      it(`${file}: ${oneLine(source)} -> ${oneLine(replacement)} (${nameOf(noticedBy)})`, async () => {
        const { failed } = await done;
        expect(failed, `survived: no test of ${nameOf(noticedBy)} failed`).to.equal(true);
        killed += 1;
      });
    }
    after(() => console.log(`    ${killed} of ${ONLY.length} defences are missed when they are gone.`));
  });

  before(() => {
    for (const name of ["one", "two"]) void work(new Workshop(name));
  });

  async function work(workshop: Workshop): Promise<void> {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const run = job.run(workshop);
      job.settle(run);
      await run.catch(() => {});
    }
    workshop.remove();
  }
});

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 70 ? `${line.slice(0, 67)}...` : line;
}
