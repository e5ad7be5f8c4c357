import { inspect } from "node:util";
import { expect } from "chai";
import { ConfigurationError } from "cognito-auth-session";
import { type RedisStoreOptions, redisStore } from "cognito-auth-session/redis";
import { createClient } from "redis";

const url = "redis://127.0.0.1:1";
const REFUSED: readonly [what: string, options: unknown, option: string | undefined][] = [
  ["nothing", undefined, undefined],
  ["no options", {}, "url"],
  ["an unset variable as url", { url: undefined }, "url"],
  ["url and client", { url, client: createClient() }, "client"],
  ["an option of another name", { url, keyPrefix: "a" }, "keyPrefix"],
  ["another scheme", { url: "https://u:planted@127.0.0.1" }, "url"],
  ["a scheme that only begins alike", { url: "redis-sentinel://u:planted@127.0.0.1" }, "url"],
  ["what is no URL", { url: "planted:planted@:x" }, "url"],
  ["a URL without a host", { url: "redis:///planted" }, "url"],
  ["a database that is no number", { url: `${url}/planted` }, "url"],
  ["a password that cannot be decoded", { url: "redis://u:planted%zz@127.0.0.1" }, "url"],
  ["a url of another type", { url: 6379 }, "url"],
  ["a client of another kind", { client: { get: () => "planted" } }, "client"],
  ["no client at all", { client: null }, "client"],
  ["an empty prefix", { url, prefix: "" }, "prefix"],
  ["a prefix of another type", { url, prefix: 1 }, "prefix"],
  ["a prefix with a line break", { url, prefix: "a\n" }, "prefix"],
];

describe("redisStore's options", () => {
  for (const [what, options, option] of REFUSED) {
    it(`refuse ${what}`, () => {
      // What JavaScript callers could give.
      const make = () => redisStore(options as RedisStoreOptions);
      expect(make)
        .to.throw(ConfigurationError, /^redisStore: /)
        .with.property("code", "misconfigured");
      expect(make).to.satisfy((attempt: () => unknown) => caught(attempt).option === option);
      expect(inspect(caught(make), { depth: 9, showHidden: true })).not.to.match(/u:planted|planted@|planted%/);
    });
  }

  it("connect to nothing until the store is used", async () => {
    const client = createClient({ url });
    await redisStore({ client }).close?.();
    expect([client.isOpen, client.listenerCount("error")]).to.deep.equal([false, 1]);
  });

  it("leave the listener for errors to a client that has one", () => {
    const client = createClient({ url }).on("error", () => {});
    redisStore({ client });
    expect(client.listenerCount("error")).to.equal(1);
  });
});

function caught(attempt: () => unknown): ConfigurationError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
  }
  return expect.fail("It is no ConfigurationError.");
}
