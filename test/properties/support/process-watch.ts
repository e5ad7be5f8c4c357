import { expect } from "chai";

/** Fails a suite in which a promise was rejected that nobody waited for. */
export function watchForStrayRejections(): void {
  const strays: unknown[] = [];
  const note = (reason: unknown) => strays.push(reason);
  before(() => void process.on("unhandledRejection", note));
  after(async () => {
    // A rejection counts as stray at the end of the turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(strays).to.deep.equal([]);
  });
}
