import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { DEFENCES } from "./defences.js";

const SOURCE = join(import.meta.dirname, "..", "..", "src");

/** Taking each one away and seeing it noticed is `npm run test:defences`, which takes minutes. */
describe("The list of defences", () => {
  it("names texts that stand in their files exactly once", () => {
    const astray = DEFENCES.filter(
      ({ file, source }) => readFileSync(join(SOURCE, file), "utf8").split(source).length !== 2,
    );
    expect(astray.map(({ file, source }) => `${file}: ${source}`)).to.deep.equal([]);
  });

  it("takes something away in each case", () => {
    expect(DEFENCES.filter(({ source, replacement }) => source === replacement)).to.deep.equal([]);
    expect(DEFENCES).to.have.length.above(140);
  });
});
