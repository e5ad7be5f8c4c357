import { hash } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import { TokenCache } from "../src/tokens/token-cache.js";
import type { VerifiedToken } from "../src/tokens/verified-token.js";

/** Of a verified token the cache looks at its digest only. */
const tokenOf = (name: unknown) => ({ digest: hash("sha256", String(name), "base64url") }) as VerifiedToken;
const tokensOf = (count: number) => Array.from({ length: count }, (_, index) => tokenOf(index));

describe("The cache of verified tokens", () => {
  it("remembers a token from the second time on", () => {
    const cache = new TokenCache(10);
    const token = tokenOf("ada");
    cache.offer(token);
    expect(cache.get(token.digest)).to.equal(undefined);
    cache.offer(token);
    expect(cache.get(token.digest)).to.equal(token);
    cache.delete(token.digest);
    expect(cache.get(token.digest)).to.equal(undefined);
  });

  it("has no room for tokens that come once", () => {
    const cache = new TokenCache(1000);
    for (const token of tokensOf(50_000)) cache.offer(token);
    const kept = tokensOf(50_000).filter(({ digest }) => cache.get(digest) !== undefined);
    expect(kept).to.have.length.below(5);
  });

  it("is of use also where more tokens come by turns than it holds", () => {
    const cache = new TokenCache(1000);
    const tokens = tokensOf(5000);
    let hits = 0;
    for (let turn = 0; turn < 20; turn += 1) {
      for (const token of tokens) {
        if (cache.get(token.digest) === token) hits += 1;
        else cache.offer(token);
      }
    }
    expect(hits / (20 * 5000)).to.be.above(0.05);
  });

  it("never holds more than it may, and never gives another token", () => {
    const names = fc.array(fc.nat(40), { maxLength: 400 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 20 }), (seen, max) => {
        const cache = new TokenCache(max);
        for (const name of seen) {
          const token = tokenOf(name);
          const known = cache.get(token.digest);
          if (known !== undefined) expect(known.digest).to.equal(token.digest);
          else cache.offer(token);
        }
        const held = [...new Set(seen)].filter((name) => cache.get(tokenOf(name).digest) !== undefined);
        expect(held.length).to.be.at.most(max);
      }),
    );
  });
});
