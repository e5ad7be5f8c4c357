import { randomBytes } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import { Doorkeeper } from "../src/tokens/doorkeeper.js";

const tail = () => randomBytes(9).toString("base64url");

describe("the doorkeeper of the token cache", () => {
  it("knows whatever it has seen, however many others came between", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 200 }), (texts) => {
        const doorkeeper = new Doorkeeper();
        for (const text of texts) doorkeeper.wasSeen(text);
        for (const text of texts) expect(doorkeeper.wasSeen(text)).to.equal(true);
      }),
    );
  });

  it("lets tokens that come by turns in the second time, all of them", () => {
    const doorkeeper = new Doorkeeper();
    const tails = Array.from({ length: 10_000 }, tail);
    const early = tails.filter((each) => doorkeeper.wasSeen(each));
    const late = tails.filter((each) => doorkeeper.wasSeen(each));
    expect(early.length, "taken for seen").to.be.below(20);
    expect(late).to.have.lengthOf(10_000);
  });

  it("forgets in time: what was seen once does not let ever more strangers in", () => {
    const doorkeeper = new Doorkeeper();
    let strangers = 0;
    for (let count = 0; count < 400_000; count += 1) if (doorkeeper.wasSeen(tail())) strangers += 1;
    // Between none at the start of each generation and one in a hundred at its end.
    expect(strangers).to.be.within(400, 4000);
  });
});
