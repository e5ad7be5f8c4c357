import { randomBytes } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { AuthError, type AuthSessionOptions, type RevocationTarget, SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { appWith, get, TestClock } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";
import { asAnotherProcess, TestStore } from "./support/test-store.js";

describe("revoke()", () => {
  let cognito: LocalCognito;
  let clock: TestClock;

  beforeEach(async () => {
    clock = new TestClock();
    cognito = await LocalCognito.start({ clock: clock.read });
  });
  afterEach(() => cognito.stop());

  const engine = (options: AuthSessionOptions = {}) =>
    new SessionManager({ ...cognito.options, ...options }, { clock: clock.read });
  const request = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const codeOf = (sessions: SessionManager, token: string): Promise<unknown> =>
    sessions.getSession(request(token)).then(
      () => "ok",
      (error: unknown) => (error instanceof AuthError ? error.code : error),
    );
  const subOf = (token: string): string => claimOf(token, "sub");
  const signInOf = (token: string): string => claimOf(token, "origin_jti");

  describe("of a user", () => {
    it("refuses all tokens that the user has, with the table's answer", async () => {
      const sessions = engine();
      const app = appWith(sessions);
      const [first, second] = [cognito.signIn({ username: "ada" }), cognito.signIn({ username: "ada" })];
      await get(app, "/me", first.idToken).expect(200);
      await sessions.revoke({ userSub: subOf(first.idToken) });
      for (const token of [first.accessToken, first.idToken, second.accessToken, second.idToken]) {
        expectRefusal(await get(app, "/me", token), "token_revoked");
      }
      expectRefusal(await get(app, "/me", first.accessToken, first.idToken), "token_revoked");
    });

    it("lets the user sign in anew, and nobody else notices", async () => {
      const sessions = engine();
      const old = cognito.signIn({ username: "ada" });
      await sessions.revoke({ userSub: subOf(old.idToken) });
      clock.advance({ seconds: 1 });
      expect(await codeOf(sessions, cognito.signIn({ username: "ada" }).idToken)).to.equal("ok");
      expect(await codeOf(sessions, cognito.signIn({ username: "bob" }).idToken)).to.equal("ok");
      expect(await codeOf(sessions, old.idToken)).to.equal("token_revoked");
    });

    it("refuses a token that a refresh gave after it: it is the same sign-in", async () => {
      const sessions = engine();
      const { idToken } = cognito.signIn({ username: "ada" });
      await sessions.revoke({ userSub: subOf(idToken) });
      clock.advance({ minutes: 10 });
      const nowSeconds = Math.floor(clock.nowMs / 1000);
      const times = { auth_time: nowSeconds - 600, iat: nowSeconds, exp: nowSeconds + 3600 };
      const refreshed = cognito.signToken({ tokenUse: "id", claims: { sub: subOf(idToken), ...times } });
      expect(await codeOf(sessions, refreshed)).to.equal("token_revoked");
    });

    it("drops the credentials and the SDK clients that are kept", async () => {
      const sessions = engine();
      const { idToken } = cognito.signIn({ username: "ada" });
      const session = await sessions.getSession(request(idToken));
      const client = session.awsClient(S3Client, { region: "eu-west-1" });
      await sessions.revoke({ userSub: subOf(idToken) });
      expect(sessions.health().cachedCredentials).to.equal(0);
      clock.advance({ seconds: 1 });
      const anew = await sessions.getSession(request(cognito.signIn({ username: "ada" }).idToken));
      expect(anew.awsClient(S3Client, { region: "eu-west-1" })).not.to.equal(client);
      expect(cognito.requests("GetCredentialsForIdentity")).to.equal(2);
    });

    it("leaves a session that a handler still holds without new credentials", async () => {
      const sessions = engine();
      const { idToken } = cognito.signIn({ username: "ada" });
      const session = await sessions.getSession(request(idToken));
      const client = session.awsClient(S3Client, { region: "eu-west-1" });
      expect(await client.config.credentials()).to.include({ accessKeyId: session.credentials?.accessKeyId });
      await sessions.revoke({ userSub: subOf(idToken) });
      for (const ask of [() => session.getCredentials(), () => client.config.credentials()]) {
        const error = await Promise.resolve(ask()).catch((each: unknown) => each);
        expect(error).to.include({ code: "token_revoked", status: 401 });
      }
      expect(cognito.requests("GetCredentialsForIdentity")).to.equal(1);
      expect(sessions.health().cachedCredentials).to.equal(0);
    });

    it("ends a request that goes on: asked again, it is refused", async () => {
      const sessions = engine();
      const { idToken } = cognito.signIn({ username: "ada" });
      const open = request(idToken);
      await sessions.getSession(open);
      await sessions.revoke({ userSub: subOf(idToken) });
      expect(await sessions.isAuthenticated(open)).to.equal(false);
      const error = await sessions.getSession(open).catch((each: unknown) => each);
      expect(error).to.include({ code: "token_revoked" });
    });

    it("reaches a request whose exchange is under way, and keeps nothing of it", async () => {
      const sessions = engine();
      const { idToken } = cognito.signIn({ username: "ada" });
      cognito.fail("GetCredentialsForIdentity", { delay: 100, times: 1 });
      const underWay = codeOf(sessions, idToken);
      await until(() => cognito.requests("GetCredentialsForIdentity") === 1);
      await sessions.revoke({ userSub: subOf(idToken) });
      expect(await underWay).to.equal("token_revoked");
      expect(sessions.health().cachedCredentials).to.equal(0);
    });
  });

  describe("of a sign-in", () => {
    it("refuses that sign-in's tokens, and no other of the user", async () => {
      const sessions = engine();
      const [phone, laptop] = [cognito.signIn({ username: "ada" }), cognito.signIn({ username: "ada" })];
      await sessions.revoke({ originJti: signInOf(phone.idToken) });
      expect(await codeOf(sessions, phone.idToken)).to.equal("token_revoked");
      expect(await codeOf(sessions, phone.accessToken)).to.equal("token_revoked");
      expect(await codeOf(sessions, laptop.idToken)).to.equal("ok");
      clock.advance({ minutes: 30 });
      expect(await codeOf(sessions, phone.idToken)).to.equal("token_revoked");
    });

    it("refuses a token that a refresh gave after it, also where it does not tell when the user signed in", async () => {
      const sessions = engine();
      const { idToken } = cognito.signIn({ username: "ada" });
      await sessions.revoke({ originJti: signInOf(idToken) });
      clock.advance({ minutes: 10 });
      const claims = { sub: subOf(idToken), origin_jti: signInOf(idToken), auth_time: undefined };
      expect(await codeOf(sessions, cognito.signToken({ tokenUse: "id", claims }))).to.equal("token_revoked");
    });
  });

  for (const target of [
    undefined,
    null,
    {},
    { userSub: "" },
    { userSub: 7 },
    { sub: "a" },
    { userSub: "a", originJti: "b" },
    "a",
  ]) {
    it(`takes a user or a sign-in, not ${JSON.stringify(target)}`, async () => {
      const error = await engine()
        .revoke(target as RevocationTarget)
        .catch((each: unknown) => each);
      expect(error).to.be.instanceOf(TypeError).with.property("message").that.includes("userSub");
    });
  }

  describe("with a shared store", () => {
    const key = randomBytes(32).toString("base64");
    let store: TestStore;
    /** A process has a store object of its own. */
    const process = () => engine({ store: asAnotherProcess(store), encryptionKeys: [key], credentials: "lazy" });

    beforeEach(() => {
      store = new TestStore();
    });

    it("reaches all processes within a second, for tokens that they had seen and for new ones", async () => {
      const [here, there] = [process(), process()];
      const { idToken, accessToken } = cognito.signIn({ username: "ada" });
      expect(await codeOf(there, idToken)).to.equal("ok");
      await here.revoke({ userSub: subOf(idToken) });
      clock.advance({ seconds: 1 });
      expect(await codeOf(there, idToken)).to.equal("token_revoked");
      expect(await codeOf(there, accessToken)).to.equal("token_revoked");
      expect(await codeOf(process(), idToken)).to.equal("token_revoked");
    });

    it("reaches sessions that other processes still hold, before they are given credentials again", async () => {
      const [here, there] = [process(), process()];
      const { idToken } = cognito.signIn({ username: "ada" });
      const open = request(idToken);
      const session = await there.getSession(open);
      await session.getCredentials();
      await here.revoke({ userSub: subOf(idToken) });
      clock.advance({ seconds: 2 });
      for (const ask of [
        () => session.getCredentials(),
        () => session.getCredentials({ forceRefresh: true }),
        () => there.getSession(open),
      ]) {
        const error = await ask().catch((each: unknown) => each);
        expect(error).to.include({ code: "token_revoked" });
      }
      expect(cognito.requests("GetCredentialsForIdentity")).to.equal(1);
    });

    it("what was exchanged for the user before is not shared with a later sign-in", async () => {
      const [here, there] = [process(), process()];
      const { idToken } = cognito.signIn({ username: "ada" });
      const old = await (await there.getSession(request(idToken))).getCredentials();
      await here.revoke({ userSub: subOf(idToken) });
      clock.advance({ seconds: 2 });
      const session = await process().getSession(request(cognito.signIn({ username: "ada" }).idToken));
      expect((await session.getCredentials()).accessKeyId).not.to.equal(old.accessKeyId);
    });

    it("what is under way when it comes is not left in the store", async () => {
      const sessions = process();
      const { idToken } = cognito.signIn({ username: "ada" });
      const session = await sessions.getSession(request(idToken));
      cognito.fail("GetCredentialsForIdentity", { delay: 100, times: 1 });
      const underWay = session.getCredentials().catch((each: unknown) => each);
      await until(() => cognito.requests("GetCredentialsForIdentity") === 1);
      await sessions.revoke({ userSub: subOf(idToken) });
      expect(await underWay).to.include({ code: "token_revoked" });
      await until(() => store.keysOf("credentials").length === 0);
    });

    it("is heard of while keys are being changed, whichever key comes first where", async () => {
      const fresh = randomBytes(32).toString("base64");
      const old = engine({ store: asAnotherProcess(store), encryptionKeys: [key, fresh], credentials: "lazy" });
      const rolled = engine({ store: asAnotherProcess(store), encryptionKeys: [fresh, key], credentials: "lazy" });
      const tokens = ["ada", "bob", "carol"].map((username) => cognito.signIn({ username }).idToken);
      for (const [index, token] of tokens.entries()) {
        expect([await codeOf(old, token), await codeOf(rolled, token)]).to.deep.equal(["ok", "ok"]);
        await [old, rolled, old][index]?.revoke({ userSub: subOf(token) });
        clock.advance({ seconds: 2 });
        expect([await codeOf(old, token), await codeOf(rolled, token)]).to.deep.equal([
          "token_revoked",
          "token_revoked",
        ]);
      }
      // The same user again: the later time counts, whichever key sealed it.
      const [again = "", anew = ""] = [tokens[0], cognito.signIn({ username: "ada" }).idToken];
      await rolled.revoke({ userSub: subOf(again) });
      clock.advance({ seconds: 2 });
      expect([await codeOf(old, anew), await codeOf(rolled, anew)]).to.deep.equal(["token_revoked", "token_revoked"]);
    });

    it("is found for a token that is new here also where the news of it was lost", async () => {
      const { idToken } = cognito.signIn({ username: "ada" });
      await process().revoke({ userSub: subOf(idToken) });
      const [, latest = ""] = store.keysOf("revoked");
      store.entries.delete(latest);
      expect(await codeOf(process(), idToken)).to.equal("token_revoked");
    });

    it("reaches engines that share the store object at once", async () => {
      const shared = { store, encryptionKeys: [key] };
      const [here, there] = [engine(shared), engine(shared)];
      const { idToken } = cognito.signIn({ username: "ada" });
      expect(await codeOf(there, idToken)).to.equal("ok");
      await here.revoke({ originJti: signInOf(idToken) });
      expect(await codeOf(there, idToken)).to.equal("token_revoked");
    });

    it("a second one is heard of as well", async () => {
      const [here, there] = [process(), process()];
      const [ada, bob] = [cognito.signIn({ username: "ada" }).idToken, cognito.signIn({ username: "bob" }).idToken];
      await here.revoke({ userSub: subOf(ada) });
      expect([await codeOf(there, ada), await codeOf(there, bob)]).to.deep.equal(["token_revoked", "ok"]);
      clock.advance({ seconds: 2 });
      await here.revoke({ originJti: signInOf(bob) });
      clock.advance({ seconds: 2 });
      expect(await codeOf(there, bob)).to.equal("token_revoked");
    });

    it("drops what all processes share of the user", async () => {
      const sessions = engine({ store: asAnotherProcess(store), encryptionKeys: [key] });
      const { idToken } = cognito.signIn({ username: "ada" });
      await sessions.getSession(request(idToken));
      expect(store.keysOf("credentials")).to.have.length(1);
      await sessions.revoke({ userSub: subOf(idToken) });
      expect(store.keysOf("credentials")).to.have.length(0);
    });

    it("a token that is served all the time costs two looks at the store in a second", async () => {
      const sessions = process();
      const { idToken } = cognito.signIn({ username: "ada" });
      await codeOf(sessions, idToken);
      store.calls = 0;
      for (let tenth = 0; tenth < 100; tenth += 1) {
        clock.advance({ seconds: 0.1 });
        expect(await codeOf(sessions, idToken)).to.equal("ok");
      }
      expect(store.calls).to.be.within(5, 22);
    });

    it("entries last as long as the longest token", async () => {
      await process().revoke({ userSub: "ada" });
      expect([...store.lifetimes.values()]).to.deep.equal([86_700, 86_700]);
    });

    it("while the store is down, revokes here, and says that nobody else was told", async () => {
      const sessions = process();
      const { idToken } = cognito.signIn({ username: "ada" });
      await codeOf(sessions, idToken);
      store.health = "down";
      const error = await sessions.revoke({ userSub: subOf(idToken) }).catch((each: unknown) => each);
      expect(error).to.include({ code: "store_unavailable", status: 503 });
      expect(await codeOf(sessions, idToken)).to.equal("token_revoked");
    });

    it("a look at the store that fails is made again", async () => {
      const { idToken } = cognito.signIn({ username: "ada" });
      await process().revoke({ userSub: subOf(idToken) });
      let looks = 0;
      let isDown = true;
      const there = engine({
        store: {
          ...asAnotherProcess(store),
          // The first look tells that there is something new, and what it is cannot be had.
          get: async (name) => {
            looks += 1;
            if (looks > 1 && isDown) throw new Error("down");
            return store.get(name);
          },
        },
        encryptionKeys: [key],
        credentials: "lazy",
      });
      // The second time the token is remembered, and that it was looked up would be too.
      for (let count = 0; count < 2; count += 1) expect(await codeOf(there, idToken)).to.equal("ok");
      isDown = false;
      clock.advance({ seconds: 0.1 });
      expect(await codeOf(there, idToken)).to.equal("token_revoked");
    });

    it("while the store is down, requests go on, and it is looked at again when it is back", async () => {
      const [here, there] = [process(), process()];
      const { idToken } = cognito.signIn({ username: "ada" });
      await here.revoke({ userSub: subOf(idToken) });
      store.health = "down";
      expect(await codeOf(there, idToken)).to.equal("ok");
      store.health = "up";
      clock.advance({ seconds: 10 });
      expect(await codeOf(there, idToken)).to.equal("token_revoked");
    });
  });
});

function claimOf(token: string, name: string): string {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())[name];
}

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !condition(); attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(condition()).to.equal(true);
}
