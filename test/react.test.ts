import { expect } from "chai";
import type { UserInfo } from "cognito-auth-session";
import {
  AuthSessionError,
  type BrowserSession,
  type BrowserUserInfo,
  type UseAuthSession,
  useAuthSession,
} from "cognito-auth-session/react";
import fc from "fast-check";
import { act, createElement, type ReactElement, StrictMode, useState } from "react";
import { renderToString } from "react-dom/server";
import { readLocation, readProblem, readSession } from "../src/react/answer.js";
import { AuthSessionClient } from "../src/react/client.js";
import { type BrowserGlobals, browserPage } from "../src/react/page.js";
import { FakeChannels, FakePage, openWindow, type Reply, responseOf, type Script, settle } from "./support/browser.js";

const HOUR = 3600;
const SESSION = {
  isAuthenticated: true,
  userSub: "sub-ada",
  username: "ada",
  groups: ["admin"],
  scopes: ["orders/read"],
  userInfo: {
    sub: "sub-ada",
    username: "ada",
    email: "ada@example.com",
    emailVerified: true,
    name: "Ada L",
    groups: ["admin"],
    customAttributes: { tenant: "acme" },
  },
  claims: { sub: "sub-ada", address: { country: "UK" } },
  expiresAt: "2030-01-01T01:00:00.000Z",
  expiresIn: HOUR,
  sessionExpiresAt: "2030-01-31T00:00:00.000Z",
};
const signedIn = (changes: object = {}): Reply => ({ status: 200, body: { ...SESSION, ...changes } });
const OUT: Reply = { status: 200, body: { isAuthenticated: false } };
const problem = (status: number, code: string, name: string, headers = {}): Reply => ({
  status,
  body: { status, code, name, title: "x", detail: "eyJhbGciOiJub25lIn0.private" },
  headers,
});
const OUTAGE = problem(503, "store_unavailable", "NetworkError");
const OVER = problem(401, "refresh_failed", "UserNotFoundException");
const HTML: Reply = { status: 200, body: "<p>Welcome to the hotel</p>" };
const LEAVE: Reply = { status: 200, body: { location: "https://pool.example.com/logout?client_id=a" } };
const LOOK = "GET /auth/session";
const REFRESH = "POST /auth/refresh";
const SIGN_OUT = "POST /auth/sign-out";

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (e: unknown) => e,
  );

/** A tab with one subscriber, its first look done. */
async function open(script: Script[], channels?: FakeChannels) {
  const page = new FakePage(script, channels);
  const client = new AuthSessionClient("/auth", page);
  const states: string[] = [];
  const unsubscribe = client.subscribe(() => states.push(shown(client)));
  await settle();
  return { page, client, states, unsubscribe };
}

/** A state in a line. */
function shown(client: AuthSessionClient): string {
  const { loading, session, isAuthenticated, error } = client.getSnapshot();
  expect(isAuthenticated).to.equal(session !== undefined);
  const who = session?.username ?? (loading ? "loading" : "nobody");
  return error === undefined ? who : `${who} ${error.status} ${error.code} ${error.name}`;
}

describe("The page's session", () => {
  describe("at the first look", () => {
    const cases: [what: string, answer: Script, state: string][] = [
      ["a session", signedIn(), "ada"],
      ["nobody", OUT, "nobody"],
      ["an outage", OUTAGE, "nobody 503 store_unavailable NetworkError"],
      ["no server", "down", "nobody 0 network_error NetworkError"],
      ["a session that is over", OVER, "nobody 401 refresh_failed UserNotFoundException"],
      ["another site's page", HTML, "nobody 200 invalid_response InvalidResponseException"],
      ["a proxy's 401", { ...HTML, status: 401 }, "nobody 401 invalid_response InvalidResponseException"],
      ["no content", { status: 204, body: "" }, "nobody 204 invalid_response InvalidResponseException"],
      ["a code that is no code", problem(500, "<b>", "X"), "nobody 500 invalid_response InvalidResponseException"],
      ["a name that is no name", problem(500, "x", "a b"), "nobody 500 invalid_response InvalidResponseException"],
    ];
    for (const [what, answer, state] of cases) {
      it(`finds ${what}`, async () => {
        const { page, client, states } = await open([answer]);
        expect(states).to.deep.equal([state]);
        expect(page.asked()).to.deep.equal([LOOK]);
        expect(Object.isFrozen(client.getSnapshot())).to.equal(true);
        expect(client.getSnapshot().error?.message ?? "").to.not.include("private");
      });
    }

    it("asks as a page of the same site, past every cache and redirect", async () => {
      const { page } = await open([OUT]);
      const { signal, ...request } = page.requests[0]?.request ?? {};
      expect(request).to.deep.equal({
        method: "GET",
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
      });
    });

    it("is loading until then, and gives up waiting after 10 seconds", async () => {
      const { page, client, states } = await open(["silent"]);
      expect(shown(client)).to.equal("loading");
      await page.advance(9);
      expect(states).to.deep.equal([]);
      await page.advance(1);
      expect(states).to.deep.equal(["nobody 0 network_error NetworkError"]);
    });
  });

  describe("in an outage", () => {
    it("stays what it was, and recovers", async () => {
      const { page, client, states } = await open([signedIn(), OUTAGE, "down", signedIn({ username: "ada2" })]);
      await page.advance(HOUR);
      expect(states).to.deep.equal([
        "ada",
        "ada 503 store_unavailable NetworkError",
        "ada 0 network_error NetworkError",
        "ada2",
      ]);
      expect(client.getSnapshot().loading).to.equal(false);
    });

    it("is asked for with growing pauses, up to two minutes", async () => {
      const { page } = await open([OUTAGE]);
      page.asked();
      const counts: number[] = [];
      for (const seconds of [4, 1, 9, 1, 19, 1, 39, 1, 79, 1, 119, 1, 119, 1]) {
        await page.advance(seconds);
        await settle();
        counts.push(page.asked().length);
      }
      expect(counts).to.deep.equal([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    });

    for (const answer of [OUT, signedIn()]) {
      it(`starts with short pauses again after ${answer === OUT ? "nobody" : "a session"} was found`, async () => {
        const { page } = await open([OUTAGE, OUTAGE, OUTAGE, answer]);
        await page.advance(36);
        page.script(OUTAGE);
        await page.wake(true);
        page.asked();
        await page.advance(5);
        await settle();
        expect(page.asked()).to.deep.equal([LOOK]);
      });
    }

    it("is not met by all pages at once when it is over", async () => {
      const page = new FakePage([OUTAGE]);
      page.chance = 0.5;
      new AuthSessionClient("/auth", page).subscribe(() => undefined);
      await page.advance(6);
      expect(page.asked()).to.have.length(1);
      await page.advance(1);
      expect(page.asked()).to.have.length(1);
    });

    const waits: [retryAfter: string, seconds: number][] = [
      ["60", 60],
      ["1", 5],
      ["Tue, 01 Jan 2030 00:01:30 GMT", 90],
      ["99999999", 3600],
      ["soon", 5],
      ["-7", 5],
    ];
    for (const [retryAfter, seconds] of waits) {
      it(`waits ${seconds} seconds when told "Retry-After: ${retryAfter}"`, async () => {
        const { page } = await open([{ ...OUTAGE, headers: { "Retry-After": retryAfter } }]);
        page.asked();
        await page.advance(seconds - 1);
        expect(page.asked()).to.deep.equal([]);
        await page.advance(1);
        await settle();
        expect(page.asked()).to.deep.equal([LOOK]);
      });
    }

    it("honours a proxy's Retry-After, and tells it", async () => {
      const { page, client } = await open([{ ...HTML, status: 503, headers: { "retry-after": "60" } }]);
      expect(client.getSnapshot().error).to.include({ status: 503, retryAfterSeconds: 60 });
      page.asked();
      await page.advance(59);
      expect(page.asked()).to.deep.equal([]);
    });
  });

  describe("before its tokens end", () => {
    const cases: [what: string, expiresIn: number, chance: number, seconds: number][] = [
      ["290 seconds", HOUR, 0, HOUR - 290],
      ["290 seconds, and a little later in another tab", HOUR, 0.8, HOUR - 286],
      ["at least 30 seconds after the last look", 60, 0, 30],
      ["at least 30 seconds after the last look, though they have ended", -5, 0, 30],
      ["in 58 days, which no timer can wait", 5_011_490, 0, 5_011_200],
    ];
    for (const [what, expiresIn, chance, seconds] of cases) {
      it(`is looked at: ${what}`, async () => {
        const page = new FakePage([signedIn({ expiresIn })]);
        page.chance = chance;
        new AuthSessionClient("/auth", page).subscribe(() => undefined);
        await settle();
        page.asked();
        await page.advance(seconds - 1);
        expect(page.asked()).to.deep.equal([]);
        await page.advance(1);
        await settle();
        expect(page.asked()).to.deep.equal([LOOK]);
      });
    }

    it("is renewed again and again", async () => {
      const { page } = await open([signedIn()]);
      await page.advance(10 * HOUR);
      expect(page.asked()).to.have.length(11);
    });

    it("is looked at no more once nobody is signed in", async () => {
      const { page } = await open([signedIn(), OUT]);
      await page.advance(HOUR);
      page.sleep(HOUR);
      await page.wake();
      expect(page.asked()).to.deep.equal([LOOK, LOOK]);
      expect(page.timers).to.equal(0);
    });

    it("is looked at when the machine wakes up after the time, once", async () => {
      const { page } = await open([signedIn()]);
      page.asked();
      page.sleep(HOUR - 291);
      await page.wake();
      expect(page.asked()).to.deep.equal([]);
      page.sleep(1);
      await page.wake();
      await page.wake();
      expect(page.asked()).to.deep.equal([LOOK]);
    });

    it("is looked at in time though the clock was set back", async () => {
      const { page } = await open([signedIn({ expiresIn: 100 * 24 * HOUR })]);
      page.asked();
      page.sleep(-HOUR);
      await page.advance(100 * 24 * HOUR - 290);
      await settle();
      expect(page.asked()).to.have.length(1);
    });

    it("is looked at when the page comes back from the browser's history", async () => {
      const { page, client } = await open([signedIn(), OUT]);
      await page.wake(true);
      expect(shown(client)).to.equal("nobody");
    });
  });

  describe("renewed on demand", () => {
    it("shows what is new, to all who asked at the cost of one call", async () => {
      const { page, client } = await open([signedIn(), signedIn({ groups: ["dev"] })]);
      page.asked();
      const [one, other] = await Promise.all([client.refresh(), client.refresh()]);
      expect(one).to.equal(other).and.to.equal(client.getSnapshot().session);
      expect(one?.groups).to.deep.equal(["dev"]);
      expect(page.asked()).to.deep.equal([REFRESH]);
    });

    it("is over when the server says so", async () => {
      const { page, client } = await open([signedIn(), OVER]);
      expect(await client.refresh()).to.equal(undefined);
      expect(shown(client)).to.equal("nobody 401 refresh_failed UserNotFoundException");
      expect(page.timers).to.equal(0);
    });

    for (const answer of [OUTAGE, "down", HTML, { ...HTML, status: 401 }, problem(403, "forbidden", "X")] as Script[]) {
      it(`is not over after ${JSON.stringify(answer).slice(0, 30)}, and says that it failed`, async () => {
        const { client } = await open([signedIn(), answer]);
        const error = await rejection(client.refresh());
        expect(error).to.be.instanceOf(AuthSessionError).and.to.equal(client.getSnapshot().error);
        expect(client.getSnapshot().session?.username).to.equal("ada");
      });
    }

    it("is not undone by an older look that comes late", async () => {
      const { page, client, states } = await open(["silent", signedIn()]);
      await client.refresh();
      await page.advance(20);
      expect(states).to.deep.equal(["ada"]);
      expect(page.asked()).to.deep.equal([LOOK, REFRESH]);
    });

    it("is waited for by a look", async () => {
      const { page, client } = await open([signedIn(), "silent"]);
      page.asked();
      void rejection(client.refresh());
      await page.wake(true);
      expect(page.asked()).to.deep.equal([REFRESH]);
    });
  });

  describe("signed in", () => {
    const cases: [what: string, returnTo: unknown, at: string, target: string][] = [
      ["the current page", undefined, "/files?page=2", "/files?page=2"],
      ["a path", "/a?b=c d&e", "/", "/a?b=c d&e"],
      ["no other site", "https://evil.example/", "/a", "/a"],
      ["no other host", "//evil.example", "/a", "/a"],
      ["no other host by a backslash", "/\\evil.example", "/a", "/a"],
      ["no other host by a tab", "/\t/evil.example", "/a", "/a"],
      ["the current page for an event", { type: "click" }, "/a", "/a"],
      ["the current page for a list", ["/b"], "/a", "/a"],
      ["the root, from a page whose path is no path", undefined, "//evil.example", "/"],
    ];
    for (const [what, returnTo, at, target] of cases) {
      it(`comes back to ${what}`, () => {
        const page = new FakePage([]).at(at);
        // As JavaScript callers may.
        new AuthSessionClient("/auth/", page).signIn(returnTo as string);
        expect(page.visited).to.deep.equal([`/auth/sign-in?returnTo=${encodeURIComponent(target)}`]);
      });
    }
  });

  describe("signed out", () => {
    it("is over here, and the browser leaves to end it at Cognito", async () => {
      const { page, client, states } = await open([signedIn(), LEAVE]);
      await Promise.all([client.signOut(), client.signOut()]);
      expect(states).to.deep.equal(["ada", "nobody"]);
      expect(page.visited).to.deep.equal(["https://pool.example.com/logout?client_id=a"]);
      expect(page.asked()).to.deep.equal([LOOK, SIGN_OUT]);
      expect(page.timers).to.equal(0);
    });

    it("follows a relative location, and none when the session had ended before", async () => {
      const { page, client } = await open([OUT, { status: 200, body: { location: "/bye" } }, OVER]);
      await client.signOut();
      await client.signOut();
      expect(page.asked()).to.deep.equal([LOOK, SIGN_OUT, SIGN_OUT]);
      expect(page.visited).to.deep.equal(["https://app.example.com/bye"]);
    });

    it("is not undone by a look or a renewal that was under way, whose caller hears of it", async () => {
      const { page, client } = await open([signedIn(), "silent", LEAVE]);
      const refreshed = client.refresh();
      await client.signOut();
      expect(await refreshed).to.equal(undefined);
      await page.advance(60);
      expect(shown(client)).to.equal("nobody");
    });

    const failures: Script[] = [
      OUTAGE,
      "down",
      HTML,
      { status: 200, body: {} },
      { status: 200, body: { location: 7 } },
      { status: 200, body: { location: "http://[" } },
      ...["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "blob:https://a/b", "file:///etc"].map(
        (location) => ({ status: 200, body: { location } }),
      ),
    ];
    for (const answer of failures) {
      it(`goes nowhere after ${JSON.stringify(answer).slice(0, 60)}, and the next look tells`, async () => {
        const { page, client } = await open([signedIn(), answer, OUT]);
        expect(await rejection(client.signOut())).to.be.instanceOf(AuthSessionError);
        expect(page.visited).to.deep.equal([]);
        expect(client.getSnapshot()).to.include({ isAuthenticated: true });
        await page.advance(6);
        expect(shown(client)).to.equal("nobody");
      });
    }
  });

  describe("in two tabs", () => {
    it("ends in both at once, and the other one makes sure", async () => {
      const channels = new FakeChannels();
      const here = await open([signedIn(), LEAVE], channels);
      const there = await open([signedIn(), "silent", OUT], channels);
      there.page.asked();
      await here.client.signOut();
      await settle();
      expect(shown(there.client)).to.equal("nobody");
      expect(there.page.asked()).to.deep.equal([LOOK]);
    });

    it("ends in the other one though a look there was answered before", async () => {
      const channels = new FakeChannels();
      const here = await open([signedIn(), LEAVE], channels);
      const there = await open([signedIn(), "silent", OUT], channels);
      await there.page.wake(true);
      there.page.asked();
      await here.client.signOut();
      await settle();
      expect(there.page.asked()).to.deep.equal([LOOK]);
      expect(shown(there.client)).to.equal("nobody");
    });

    it("ends in the other one though the subscriber here has gone", async () => {
      const channels = new FakeChannels();
      const here = await open([signedIn(), LEAVE], channels);
      const there = await open([signedIn(), OUT], channels);
      here.unsubscribe();
      await settle();
      await here.client.signOut();
      await settle();
      expect(shown(there.client)).to.equal("nobody");
      expect(channels.size).to.equal(1);
    });

    it("ends in the other one though that is about to end it, which goes on", async () => {
      const channels = new FakeChannels();
      const here = await open([signedIn(), LEAVE], channels);
      const there = await open([signedIn(), "silent"], channels);
      there.page.asked();
      void rejection(there.client.signOut());
      await here.client.signOut();
      await settle();
      expect(shown(there.client)).to.equal("nobody");
      expect(there.page.requests[0]?.request.signal.aborted).to.equal(false);
      expect(there.page.asked()).to.deep.equal([SIGN_OUT]);
    });

    it("begins in the one that was signed out, and costs the signed-in one nothing", async () => {
      const channels = new FakeChannels();
      const out = await open([OUT, signedIn()], channels);
      const inside = await open([signedIn()], channels);
      expect(shown(out.client)).to.equal("ada");
      expect(out.page.asked()).to.deep.equal([LOOK, LOOK]);
      expect(inside.page.asked()).to.deep.equal([LOOK]);
    });

    it("takes no other message", async () => {
      const channels = new FakeChannels();
      const { page } = await open([signedIn()], channels);
      page.asked();
      for (const message of [null, "signedOut", 7, {}, { type: "other" }, { type: ["signedOut"] }]) {
        channels.open("cognito-auth-session /auth", () => undefined).post(message as object);
      }
      await settle();
      expect(page.asked()).to.deep.equal([]);
    });

    it("tells nothing but that something happened", async () => {
      const channels = new FakeChannels();
      const heard: unknown[] = [];
      channels.open("cognito-auth-session /auth", (message) => heard.push(message));
      const { client } = await open([signedIn(), signedIn(), LEAVE], channels);
      await client.refresh();
      await client.signOut();
      await settle();
      expect(heard).to.deep.equal([{ type: "signedIn" }, { type: "signedOut" }]);
    });
  });

  describe("with several subscribers", () => {
    it("is looked at once, and tells all", async () => {
      const page = new FakePage([signedIn()]);
      const client = new AuthSessionClient("/auth", page);
      let told = 0;
      const listener = () => {
        told += 1;
      };
      client.subscribe(listener);
      const unsubscribe = client.subscribe(listener);
      await settle();
      unsubscribe();
      expect(page.asked()).to.deep.equal([LOOK]);
      expect(told).to.equal(2);
      await page.advance(HOUR);
      expect(told).to.equal(3);
    });

    it("leaves nothing behind after the last", async () => {
      const channels = new FakeChannels();
      const { page, states, unsubscribe } = await open([signedIn(), "silent"], channels);
      await page.wake(true);
      unsubscribe();
      await settle();
      expect([page.waiting, channels.size]).to.deep.equal([0, 0]);
      await page.advance(HOUR);
      expect(states).to.deep.equal(["ada"]);
    });

    it("plans nothing when a renewal ends after the last", async () => {
      for (const answer of [signedIn(), OUTAGE]) {
        const { page, client, unsubscribe } = await open([signedIn(), answer]);
        unsubscribe();
        await settle();
        await rejection(client.refresh());
        expect(page.waiting).to.equal(0);
      }
    });

    it("does not lose a renewal that somebody waits for", async () => {
      const { client, unsubscribe } = await open([signedIn(), signedIn({ groups: ["dev"] })]);
      const refreshed = client.refresh();
      unsubscribe();
      expect((await refreshed)?.groups).to.deep.equal(["dev"]);
    });

    it("goes on without a second look when one follows on the last, and looks again when one comes later", async () => {
      const { page, client, unsubscribe } = await open([signedIn()]);
      unsubscribe();
      const again = client.subscribe(() => undefined);
      await settle();
      expect(page.asked()).to.deep.equal([LOOK]);
      again();
      await settle();
      client.subscribe(() => undefined);
      expect(shown(client)).to.equal("ada");
      expect(page.asked()).to.deep.equal([LOOK]);
    });
  });

  it("is served from a path of this site only", () => {
    for (const path of ["", "auth", "//evil.example", "/\\evil.example", "https://evil.example/auth", "/a\n"]) {
      expect(() => new AuthSessionClient(path, new FakePage([]))).to.throw(TypeError, "`path` is where");
    }
  });
});

describe("An answer of the session route", () => {
  it("is kept whole, and nothing can change it", () => {
    const session = readSession(structuredClone(SESSION));
    expect(session).to.deep.equal(SESSION);
    const parts = [session, session?.groups, session?.userInfo, session?.claims.address];
    expect(parts.every(Object.isFrozen)).to.equal(true);
    expect(Object.isFrozen(session?.userInfo.customAttributes)).to.equal(true);
  });

  it("may lack what a user need not have", () => {
    const { username, ...rest } = SESSION;
    const userInfo = { sub: "sub-ada", groups: [], customAttributes: {} };
    expect(readSession({ ...rest, userInfo })).to.deep.equal({ ...rest, userInfo });
  });

  it("leaves no field that is not known in the page", () => {
    const extra = { accessToken: "a", refreshToken: "r", tokens: { idToken: "i" }, credentials: {} };
    const session = readSession({ ...SESSION, ...extra, userInfo: { ...SESSION.userInfo, ...extra } });
    expect(session).to.deep.equal(SESSION);
  });

  it("cannot reach a prototype, and may be deep", () => {
    const text = JSON.stringify(SESSION).replace('"address":', '"__proto__":');
    const deep = JSON.parse(`${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`);
    expect(Object.getPrototypeOf(readSession(JSON.parse(text))?.claims)).to.equal(Object.prototype);
    expect(readSession({ ...SESSION, claims: deep })?.claims).to.equal(deep);
  });

  const titleOf = (changes: object): string =>
    Object.entries(changes)
      .map(([field, value]) => `${field}: ${typeof value === "number" ? value : JSON.stringify(value)}`)
      .join();
  const wrong: object[] = [
    ...["isAuthenticated", "userSub", "groups", "scopes", "userInfo", "claims"].map((field) => ({
      [field]: undefined,
    })),
    ...["expiresAt", "expiresIn", "sessionExpiresAt"].map((field) => ({ [field]: undefined })),
    ...[{ isAuthenticated: "true" }, { userSub: "" }, { userSub: 7 }, { username: 7 }, { username: null }],
    ...[{ groups: "admin" }, { groups: ["a", 1] }, { scopes: {} }, { claims: [] }, { claims: null }],
    ...[{ expiresAt: "soon" }, { expiresAt: 7 }, { sessionExpiresAt: "" }, { expiresIn: "3600" }],
    ...[{ expiresIn: Number.NaN }, { expiresIn: Number.POSITIVE_INFINITY }, { expiresIn: null }],
  ];
  const wrongUser: object[] = [
    ...[{ sub: "sub-eve" }, { sub: undefined }, { email: 7 }, { name: {} }, { emailVerified: "true" }],
    ...[{ groups: undefined }, { groups: [7] }, { customAttributes: undefined }, { customAttributes: [] }],
  ];
  const bodies = [
    ["an empty id in both places", { ...SESSION, userSub: "", userInfo: { ...SESSION.userInfo, sub: "" } }] as const,
    ...wrong.map((changes) => [titleOf(changes), { ...SESSION, ...changes }] as const),
    ...wrongUser.map((changes) => {
      const userInfo = { ...SESSION.userInfo, ...changes };
      return [`userInfo.${titleOf(changes)}`, { ...SESSION, userInfo }] as const;
    }),
  ];
  for (const [what, body] of bodies) {
    it(`is refused with ${what}`, () => {
      expect(() => readSession(body))
        .to.throw(AuthSessionError)
        .that.includes({ code: "invalid_response", status: 200, name: "InvalidResponseException" });
    });
  }

  it("is a session, nobody, or invalid_response, whatever it is", () => {
    const field = fc.constantFrom(...Object.keys(SESSION));
    const nearly = fc.tuple(field, fc.jsonValue()).map(([name, value]) => ({ ...SESSION, [name]: value }));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), nearly), (body) => {
        try {
          const session = readSession(structuredClone(body));
          expect(session?.isAuthenticated ?? true).to.equal(true);
          for (const name of Object.keys(session ?? {})) expect(SESSION).to.have.property(name);
        } catch (error) {
          expect(error).to.be.instanceOf(AuthSessionError);
        }
      }),
    );
  });

  it("names its problem in words, and a location in http, whatever it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), fc.webUrl(), (body, text, url) => {
        expect(readProblem(500, body, undefined).code).to.match(/^[a-z_]+$/);
        expect(readProblem(500, { code: text, name: text }, 1).name).to.match(/^[A-Za-z]+$/);
        expect(readLocation({ location: url }, "https://app.example.com/")).to.equal(new URL(url).href);
        try {
          expect(readLocation({ location: text }, "https://app.example.com/")).to.match(/^https?:/);
        } catch (error) {
          expect(error).to.be.instanceOf(AuthSessionError);
        }
      }),
    );
  });

  it("types its user as the server does", () => {
    const toBrowser = (info: UserInfo): BrowserUserInfo => info;
    const toServer = (info: BrowserUserInfo): UserInfo => info;
    expect([toBrowser, toServer]).to.have.length(2);
  });
});

type ChannelClass = NonNullable<BrowserGlobals["BroadcastChannel"]>;

describe("The page that the code runs in", () => {
  it("wakes when it is seen, online or restored, until that is ended", () => {
    const window = openWindow("https://app.example.com/a?b#c");
    const page = browserPage(window);
    const heard: boolean[] = [];
    const end = page.onWake((restored) => heard.push(restored));
    const visibility = (state: string) => {
      Object.defineProperty(window.document, "visibilityState", { value: state, configurable: true });
      window.document.dispatchEvent(new window.Event("visibilitychange"));
    };
    const show = (persisted: boolean) =>
      window.dispatchEvent(Object.assign(new window.Event("pageshow"), { persisted }));
    const all = () => {
      visibility("hidden");
      visibility("visible");
      window.dispatchEvent(new window.Event("online"));
      show(false);
      show(true);
    };
    all();
    expect(heard).to.deep.equal([false, false, true]);
    end();
    all();
    expect(heard).to.have.length(3);
    expect([page.path(), page.href()]).to.deep.equal(["/a?b", "https://app.example.com/a?b#c"]);
    window.close();
  });

  it("does without what a browser lacks or forbids", async () => {
    const bare = browserPage({});
    expect(bare.isBrowser).to.equal(false);
    expect(bare.openChannel("x", () => undefined)).to.equal(undefined);
    expect([bare.path(), bare.href()]).to.deep.equal(["/", ""]);
    bare.onWake(() => undefined)();
    bare.navigate("/a");
    const client = new AuthSessionClient("/auth", bare);
    expect(await rejection(client.refresh())).to.include({ code: "network_error", status: 0 });
    class Forbidden {
      constructor() {
        throw new Error("SecurityError");
      }
    }
    // Never made: its constructor throws.
    const globals = { BroadcastChannel: Forbidden as unknown as ChannelClass };
    expect(browserPage(globals).openChannel("x", () => undefined)).to.equal(undefined);
  });

  it("reaches other tabs by BroadcastChannel", async () => {
    // Node's types leave out that it is an EventTarget.
    const globals = { BroadcastChannel: BroadcastChannel as unknown as ChannelClass };
    const heard = await new Promise((resolve) => {
      const there = browserPage(globals).openChannel("cognito-auth-session test", (message) => {
        resolve(message);
        there?.close();
      });
      const here = browserPage(globals).openChannel("cognito-auth-session test", () => undefined);
      here?.post({ type: "signedOut" });
      here?.close();
    });
    expect(heard).to.deep.equal({ type: "signedOut" });
  });
});

describe("useAuthSession()", () => {
  const asked: string[] = [];
  const saved = new Map<string, PropertyDescriptor | undefined>();
  let answer: Reply;
  let window: ReturnType<typeof openWindow>;
  let createRoot: typeof import("react-dom/client").createRoot;
  /** A path of its own for each test: clients live as long as their page. */
  let path: string;
  let count = 0;

  // React itself reads these globals.
  before(async () => {
    window = openWindow("https://app.example.com/files");
    const fetch = async (url: string, { method }: { method: string }) => {
      asked.push(`${method} ${url}`);
      return responseOf(answer);
    };
    const { document, navigator } = window;
    const globals = { window, document, navigator, fetch, BroadcastChannel: undefined };
    for (const [name, value] of Object.entries({ ...globals, IS_REACT_ACT_ENVIRONMENT: true })) {
      saved.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
    ({ createRoot } = await import("react-dom/client"));
  });
  after(() => {
    for (const [name, descriptor] of saved) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
    window.close();
  });
  beforeEach(() => {
    asked.length = 0;
    answer = signedIn();
    count += 1;
    path = `/auth${count}`;
  });

  const seen: UseAuthSession[] = [];
  function Name() {
    const auth = useAuthSession({ path });
    seen.push(auth);
    return auth.loading ? "loading" : auth.isAuthenticated ? auth.session.userInfo.name : "nobody";
  }
  const app = (): ReactElement => createElement("p", null, createElement(Name), "+", createElement(Name));
  async function render(element: ReactElement) {
    const container = window.document.createElement("div");
    // React only needs an element, and jsdom's is one.
    const root = createRoot(container as unknown as Parameters<typeof createRoot>[0]);
    await act(async () => {
      root.render(element);
      await settle();
    });
    return {
      text: () => container.textContent,
      unmount: () =>
        act(async () => {
          root.unmount();
          await settle();
        }),
    };
  }

  /** As on a server. */
  function withoutDocument<T>(run: () => T): T {
    Object.assign(globalThis, { document: undefined });
    try {
      return run();
    } finally {
      Object.assign(globalThis, { document: window.document });
    }
  }

  for (const [mode, element] of [
    ["plain", () => app()],
    ["StrictMode", () => createElement(StrictMode, null, app())],
  ] as const) {
    it(`shows one session in all components, by one look (${mode})`, async () => {
      const { text, unmount } = await render(element());
      expect(text()).to.equal("Ada L+Ada L");
      expect(asked).to.deep.equal([`GET ${path}/session`]);
      await unmount();
    });
  }

  it("shows what a renewal brought, and an outage beside what was known", async () => {
    seen.length = 0;
    const { text, unmount } = await render(app());
    answer = signedIn({ userInfo: { ...SESSION.userInfo, name: "Ada B" } });
    await act(async () => void (await seen.at(-1)?.refresh()));
    expect(text()).to.equal("Ada B+Ada B");
    answer = OUTAGE;
    await act(async () => void (await rejection(seen.at(-1)?.refresh() ?? Promise.resolve())));
    expect(text()).to.equal("Ada B+Ada B");
    expect(seen.at(-1)?.error).to.include({ code: "store_unavailable", status: 503 });
    expect(asked.slice(1)).to.deep.equal([`POST ${path}/refresh`, `POST ${path}/refresh`]);
    expect(new Set(seen.flatMap(({ refresh, signIn, signOut }) => [refresh, signIn, signOut])).size).to.equal(3);
    await unmount();
  });

  it("renders nothing after it was unmounted", async () => {
    seen.length = 0;
    const { unmount } = await render(app());
    const last = seen.at(-1);
    await unmount();
    const renders = seen.length;
    await last?.refresh();
    expect(seen).to.have.length(renders);
  });

  it("renders loading on a server, asks nothing and keeps nothing", async () => {
    seen.length = 0;
    const html = withoutDocument(() => renderToString(app()));
    expect(html).to.equal("<p>loading<!-- -->+<!-- -->loading</p>");
    expect(asked).to.deep.equal([]);
    // Two components without a page in common: nothing that one user's page did could show in another's.
    expect(seen[0]?.refresh).to.not.equal(seen[1]?.refresh);
  });

  it("keeps its session from render to render where there is no page", () => {
    const client = new Set<unknown>();
    function Again() {
      const [isFirst, setFirst] = useState(true);
      client.add(useAuthSession({ path }).refresh);
      if (isFirst) setFirst(false);
      return null;
    }
    withoutDocument(() => renderToString(createElement(Again)));
    expect(client.size).to.equal(1);
  });

  it("refuses a path of another site", () => {
    path = "//evil.example";
    expect(() => renderToString(app())).to.throw(TypeError, "`path` is where");
  });

  it("types a session where somebody is signed in", () => {
    const emailOf = ({ isAuthenticated, session }: UseAuthSession): string | undefined =>
      isAuthenticated ? session.userInfo.email : undefined;
    const known: Pick<BrowserSession, "userSub"> | undefined = readSession(structuredClone(SESSION));
    expect([typeof emailOf, known?.userSub]).to.deep.equal(["function", "sub-ada"]);
  });
});
