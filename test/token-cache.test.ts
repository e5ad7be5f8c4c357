import { hash } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import { TokenCache, tailOf } from "../src/tokens/token-cache.js";
import type { VerifiedToken } from "../src/tokens/verified-token.js";

/** What stands for a token, and what was read of it: the cache looks at its tail only. */
const tokenOf = (name: unknown) => {
  const raw = `${name}.${hash("sha512", String(name), "base64url")}`;
  return { raw, token: { tail: tailOf(raw) } as VerifiedToken };
};
const tokensOf = (count: number) => Array.from({ length: count }, (_, index) => tokenOf(index));

describe("The cache of verified tokens", () => {
  it("remembers a token from the second time on", () => {
    const cache = new TokenCache(10);
    const { raw, token } = tokenOf("ada");
    cache.offer(raw, token);
    expect(cache.get(raw)).to.equal(undefined);
    cache.offer(raw, token);
    expect(cache.get(raw)).to.equal(token);
    cache.delete(token);
    expect(cache.get(raw)).to.equal(undefined);
  });

  it("gives nothing for other tokens with the same signature, and keeps what it has", () => {
    const cache = new TokenCache(10);
    const { raw, token } = tokenOf("ada");
    for (const _sight of [1, 2]) cache.offer(raw, token);
    const changes = [
      raw.replace("ada", "bob"),
      `x${raw}`,
      raw.slice(1),
      tailOf(raw),
      `${raw.slice(0, -13)}x${tailOf(raw)}`,
    ];
    for (const other of changes) expect(cache.get(other), other).to.equal(undefined);
    expect(cache.get(raw)).to.equal(token);
  });

  it("has no room for tokens that come once", () => {
    const cache = new TokenCache(1000);
    for (const { raw, token } of tokensOf(50_000)) cache.offer(raw, token);
    expect(tokensOf(50_000).filter(({ raw }) => cache.get(raw) !== undefined)).to.have.length.below(50);
  });

  it("is of use also where more tokens come by turns than it holds", () => {
    const cache = new TokenCache(1000);
    const tokens = tokensOf(5000);
    let hits = 0;
    for (let turn = 0; turn < 20; turn += 1) {
      for (const { raw, token } of tokens) {
        if (cache.get(raw) === token) hits += 1;
        else cache.offer(raw, token);
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
          const { raw, token } = tokenOf(name);
          const known = cache.get(raw);
          if (known !== undefined) expect(known.tail).to.equal(token.tail);
          else cache.offer(raw, token);
        }
        const held = [...new Set(seen)].filter((name) => cache.get(tokenOf(name).raw) !== undefined);
        expect(held.length).to.be.at.most(max);
      }),
    );
  });
});
