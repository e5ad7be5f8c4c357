import { hash } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import { TokenCache, tailOf } from "../src/tokens/token-cache.js";
import type { VerifiedToken } from "../src/tokens/verified-token.js";

/** What stands for a token, and what was read of it: the cache looks at its tail and its times only. */
const tokenOf = (name: unknown, fromSeconds = 0) => {
  const raw = `${name}.${hash("sha512", String(name), "base64url")}`;
  return { raw, token: { tail: tailOf(raw), fromSeconds, expSeconds: fromSeconds + 3600 } as VerifiedToken };
};
const tokensOf = (count: number) => Array.from({ length: count }, (_, index) => tokenOf(index));

/** Whether a token gets in that comes for the second time. */
function getsIn(cache: TokenCache, { raw, token }: ReturnType<typeof tokenOf>): boolean {
  for (const _sight of [1, 2]) cache.offer(raw, token);
  return cache.get(raw) === token;
}

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
    // From the third turn on a fifth of them.
    expect(hits / (20 * 5000)).to.be.within(0.17, 0.2);
  });

  it("gives the place of one that has expired to another, and no other place", () => {
    const cache = new TokenCache(3);
    for (const [name, fromSeconds] of [
      ["ada", 0],
      ["bob", 1800],
      ["cy", 1800],
    ] as const) {
      expect(getsIn(cache, tokenOf(name, fromSeconds))).to.equal(true);
    }
    expect(getsIn(cache, tokenOf("dee", 3599))).to.equal(false);
    expect(getsIn(cache, tokenOf("eve", 3600))).to.equal(true);
    expect(cache.get(tokenOf("ada").raw)).to.equal(undefined);
    expect(getsIn(cache, tokenOf("fay", 3600))).to.equal(false);
    expect(cache.size).to.equal(3);
  });

  it("gives the place of one that is idle to another", () => {
    const cache = new TokenCache(10);
    const [ada, bob] = [tokenOf("ada"), tokenOf("bob")];
    expect([ada, ...tokensOf(9)].map((each) => getsIn(cache, each))).not.to.include(false);
    const busy = () => {
      for (const { raw } of tokensOf(9)) cache.get(raw);
    };
    // Nine looks a time: the seventieth of them is not yet the eightieth.
    for (let turn = 0; turn < 7; turn += 1) busy();
    expect(getsIn(cache, bob)).to.equal(false);
    expect(cache.get(ada.raw)).to.equal(ada.token);
    for (let turn = 0; turn < 9; turn += 1) busy();
    expect(getsIn(cache, bob)).to.equal(true);
    expect(cache.get(ada.raw)).to.equal(undefined);
    expect(cache.size).to.equal(10);
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
