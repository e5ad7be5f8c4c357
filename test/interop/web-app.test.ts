import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { startWebApp, type WebApp } from "../../examples/web-app/server.js";
import { Session } from "../../src/session/session.js";
import { keptBy, launchChromium, memoryOf, picture, startOtherSite, Visitor } from "./support/chromium.js";

/** Renewed from half of it on, and the hook looks every 30 seconds. */
const TOKEN_LIFETIME_SECONDS = 60;
const TOKEN = /eyJ[\w-]{8,}\.eyJ/;

describe("The web application in Chromium", function () {
  this.timeout(30_000);
  let app: WebApp;
  let browser: Browser;
  let ada: Visitor;
  let grace: Visitor;
  let tab: Page;
  /** Grace's, in which nothing is done any more once she has signed in. */
  let leftAlone: Page;
  let renewedAlone: Promise<{ expiresAt: string }>;
  let callbackUrl = "";
  const secrets = new Set<string>();

  before(async () => {
    app = await startWebApp({ tokenLifetime: TOKEN_LIFETIME_SECONDS });
    browser = await launchChromium();
    ada = await Visitor.arrive(browser);
    grace = await Visitor.arrive(browser);
  });
  after(async () => {
    await browser?.close();
    await app?.stop();
  });

  /** The session behind a visitor's cookie; what must never get into a browser is remembered. */
  const sessionOf = async (visitor: Visitor) => {
    const cookie = await visitor.cookieHeader(app.origin);
    const session = await app.sessions.getSession({ method: "GET", headers: { cookie } });
    const { accessKeyId, secretAccessKey, sessionToken } = await session.getCredentials();
    // Safe because SessionManager makes no other sessions.
    const { accessToken, idToken, refreshToken } = Session.verifiedTokens(session as Session).cookie?.live.grant ?? {};
    for (const secret of [accessToken, idToken, refreshToken, accessKeyId, secretAccessKey, sessionToken]) {
      expect(secret).to.be.a("string").with.length.above(15);
      secrets.add(String(secret));
    }
    return session;
  };
  const signIn = async (page: Page, username: string) => {
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: username }).click();
    await page.waitForURL(`${app.origin}/**`);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
  };
  const follow = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();
  const askSession = async (page: Page): Promise<{ isAuthenticated: boolean; expiresAt: string }> =>
    (await page.request.get(`${app.origin}/auth/session`)).json();
  const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true }).waitFor();

  /** Ada's browser looks at a page of somebody else's while she is signed in. */
  const visitOther = async (host: string, html: string, look: (page: Page) => Promise<void>) => {
    const other = await startOtherSite(html);
    const page = await ada.context.newPage();
    const looked = look(page);
    await page.goto(`http://${host}:${other.port}/`, { waitUntil: "commit" });
    await looked.finally(() => other.stop());
    await page.close();
  };
  const expectUnharmed = async () => {
    expect(await askSession(tab)).to.include({ isAuthenticated: true });
    const { files } = await (await tab.request.get(`${app.origin}/api/files`)).json();
    expect(files.map(({ name }: { name: string }) => name)).to.deep.equal(["notes.txt"]);
  };

  it("signs in through the login page of LocalCognito", async () => {
    tab = await ada.openTab(app.origin);
    tab.on("request", (request) => {
      if (request.url().includes("/auth/callback")) callbackUrl = request.url();
    });
    await heading(tab, "Your files. Signed by you.");
    await picture(tab, "1-landing");
    await tab.getByRole("button", { name: "Sign in" }).click();
    await tab.getByText("for tests only").waitFor();
    await picture(tab, "2-login");
    await tab.goBack();
    await signIn(tab, "ada");
    await heading(tab, "Hello, Ada");
    await picture(tab, "3-signed-in");
    expect(tab.url()).to.equal(`${app.origin}/`);
    expect(await sessionOf(ada)).to.include({ username: "ada", isAuthenticated: true });
  });

  it("leads back to where the sign-in began, and tells who is no admin", async () => {
    leftAlone = await grace.openTab(`${app.origin}/admin`);
    await signIn(leftAlone, "grace");
    expect(leftAlone.url()).to.equal(`${app.origin}/admin`);
    await heading(leftAlone, "This page is for admins");
    await leftAlone.getByText("signed in as grace, who is in no group").waitFor();
    await picture(leftAlone, "4-admin-refused");
    await follow(leftAlone, "Account");
    await heading(leftAlone, "Hello, Grace");
    await sessionOf(grace);
    renewedAlone = leftAlone
      .waitForResponse((response) => response.url().endsWith("/auth/session"), { timeout: 45_000 })
      .then((response) => response.json());
    renewedAlone.catch(() => undefined); // awaited further down
  });

  it("keeps the session over a reload", async () => {
    await tab.reload();
    await heading(tab, "Hello, Ada");
  });

  it("stores a file as the user, which nobody else sees", async () => {
    await follow(tab, "Files");
    await tab.getByText("Nothing here yet").waitFor();
    await tab.getByLabel("File name").fill("notes.txt");
    await tab.getByLabel("Text", { exact: true }).fill("Note G: the engine has no pretensions to originate anything.");
    await tab.getByRole("button", { name: "Upload" }).click();
    await tab.getByText("notes.txt is stored.").waitFor();
    await tab.getByRole("listitem").filter({ hasText: "notes.txt" }).waitFor();
    await picture(tab, "5-files");
    const listing = await (await leftAlone.request.get(`${app.origin}/api/files`)).json();
    expect(listing.files).to.deep.equal([]);
  });

  it("shows admins their page", async () => {
    await follow(tab, "Admin");
    await tab.getByRole("listitem").filter({ hasText: "grace signed in" }).waitFor();
    await picture(tab, "6-admin");
  });

  it("sets one cookie for the session, which scripts cannot read", async () => {
    const cookies = await ada.context.cookies(app.origin);
    const ours = cookies.filter(({ name }) => name === "auth-session");
    expect(ours).to.have.length(1);
    expect(ours[0]).to.include({ httpOnly: true, sameSite: "Lax", path: "/" });
    expect((await keptBy(tab)).cookie).to.equal("");
  });

  // One gets no cookie along (SameSite); the other is of the same site and does, and `Sec-Fetch-Site` gives it away.
  for (const [kind, host, status] of [
    ["another site", "localhost", 401],
    ["another origin of the same site", "127.0.0.1", 403],
  ] as const) {
    const form = (path: string) => `<form method="post" enctype="text/plain" action="${app.origin}${path}">
      <input name='{"name":"evil.txt","text":"' value='"}'></form><script>document.forms[0].submit()</script>`;

    it(`changes nothing for a form of ${kind}`, async () => {
      for (const [path, expected] of [
        ["/api/files", status],
        ["/auth/sign-out", 403],
      ] as const) {
        await visitOther(host, form(path), async (page) => {
          const answer = await page.waitForResponse(`${app.origin}${path}`);
          expect(answer.status(), path).to.equal(expected);
        });
      }
      await expectUnharmed();
    });

    it(`changes nothing for a script of ${kind}, and tells it nothing`, async () => {
      const script = `const ask = (path, type) => fetch("${app.origin}" + path, {
        credentials: "include",
        ...(type && { method: "POST", headers: { "Content-Type": type }, body: '{"name":"evil.txt","text":"x"}' }),
      }).then((answer) => answer.text(), () => "blocked");
      Promise.all([
        ask("/api/files", "text/plain"), ask("/api/files", "application/json"),
        ask("/auth/sign-out", "text/plain"), ask("/auth/session"),
      ]).then((all) => { document.title = all.join(" "); });`;
      await visitOther(host, `<title>wait</title><script>${script}</script>`, async (page) => {
        await page.waitForFunction("document.title !== 'wait'");
        expect(await page.title()).to.equal("blocked blocked blocked blocked");
      });
      await expectUnharmed();
    });
  }

  it("takes no harm from a callback that is used again, nor from the way back through the history", async () => {
    const before = await ada.cookieHeader(app.origin);
    await tab.goto(callbackUrl);
    await heading(tab, "Hello, Ada");
    expect(tab.url()).to.equal(`${app.origin}/`);
    for (let step = 0; step < 4; step += 1) await tab.goBack();
    await tab.goto(`${app.origin}/`);
    await heading(tab, "Hello, Ada");
    expect(await ada.cookieHeader(app.origin)).to.equal(before);
  });

  it("is made for the dark and for phones", async () => {
    await tab.emulateMedia({ colorScheme: "dark" });
    await picture(tab, "7-dark");
    await tab.setViewportSize({ width: 390, height: 844 });
    await picture(tab, "8-phone-dark");
    await tab.emulateMedia({ colorScheme: "light" });
    for (const [page, name] of [
      ["Account", "9-phone-account"],
      ["Files", "10-phone-files"],
    ] as const) {
      await follow(tab, page);
      await tab.getByRole("heading", { level: 1 }).waitFor();
      expect(await tab.evaluate("document.documentElement.scrollWidth"), page).to.equal(390);
      await picture(tab, name);
    }
    await tab.setViewportSize({ width: 1200, height: 820 });
    await follow(tab, "Account");
  });

  it("gets new tokens when it is asked to", async () => {
    const { expiresAt } = await askSession(tab);
    await tab.waitForTimeout(Math.max(0, Date.parse(expiresAt) - (TOKEN_LIFETIME_SECONDS - 11) * 1000 - Date.now()));
    await tab.getByRole("button", { name: "Refresh now" }).click();
    await tab.getByText("Renewed. Groups and attributes are up to date.").waitFor();
    expect(Date.parse((await askSession(tab)).expiresAt)).to.be.above(Date.parse(expiresAt));
    await sessionOf(ada);
  });

  it("has a tab that is left alone get new tokens by itself", async function () {
    this.timeout(50_000);
    const { expiresAt } = await renewedAlone;
    const secondsLeft = (Date.parse(expiresAt) - Date.now()) / 1000;
    expect(secondsLeft).to.be.within(TOKEN_LIFETIME_SECONDS - 5, TOKEN_LIFETIME_SECONDS);
    await leftAlone.getByText(/^0:5\d/).waitFor();
    await sessionOf(grace);
  });

  it("leaves nothing in the browser that a script could steal", async () => {
    await follow(tab, "Files");
    await tab.getByRole("listitem").filter({ hasText: "notes.txt" }).waitFor();
    for (const page of [tab, leftAlone]) {
      const { cookie, stored, html } = await keptBy(page);
      expect([cookie, stored]).to.deep.equal(["", []]);
      expect(secretsIn(html)).to.deep.equal([]);
      expect(secretsIn(await memoryOf(page))).to.deep.equal([]);
    }
    // Where they are, the search finds them.
    const other = await (await browser.newContext()).newPage();
    await other.evaluate(`(() => { const kept = ${JSON.stringify([...secrets])}; globalThis.keep = () => kept; })()`);
    const opaque = [...secrets].filter((secret) => !TOKEN.test(secret));
    expect(secretsIn(await memoryOf(other))).to.include.members(["a token", ...opaque]);
    await other.close();
  });

  it("signs out in every tab", async () => {
    const { value: cookie } = (await ada.context.cookies(app.origin)).find(({ name }) => name === "auth-session") ?? {};
    const second = await ada.openTab(`${app.origin}/files`);
    await heading(second, "Your files");
    await tab.getByRole("button", { name: "Sign out" }).click();
    await tab.getByRole("button", { name: "Sign in" }).waitFor();
    await second.getByText("You have been signed out.").waitFor();
    await picture(second, "11-signed-out");
    await tab.waitForURL(`${app.origin}/`);
    await tab.goBack();
    await tab.getByRole("button", { name: "Sign in" }).waitFor();
    expect(await askSession(tab)).to.deep.equal({ isAuthenticated: false });
    // Whoever kept the cookie has nothing of it.
    const headers = { Cookie: `auth-session=${cookie}` };
    expect((await fetch(`${app.origin}/api/files`, { headers })).status).to.equal(401);
    expect(await askSession(leftAlone)).to.include({ isAuthenticated: true });
  });

  it("never sent a token, an AWS key or a refresh token to any page", async () => {
    expect(secrets.size).to.be.at.least(18);
    const paths = ["/auth/callback", "/auth/session", "/api/admin"];
    for (const [visitor, visited] of [
      [ada, [...paths, "/", "/api/files", "/auth/refresh", "/auth/sign-out"]],
      [grace, paths],
    ] as const) {
      const answers = await visitor.answersOf(app.origin);
      expect([...answers.keys()]).to.include.members([...visited]);
      expect(answers.get("/auth/session")).to.contain("@example.com");
      for (const [path, text] of answers) expect(secretsIn(text), path).to.deep.equal([]);
    }
  });

  it("had no complaint in its consoles but the refusal that was asked for", () => {
    expect(ada.complaints).to.deep.equal([]);
    expect(grace.complaints).to.have.length(1);
    expect(grace.complaints[0]).to.match(/status of 403.*\/api\/admin$/);
  });

  /** V8 cuts long texts short, and a token's beginning is every token's. */
  function secretsIn(text: string): string[] {
    const known = [...secrets].filter(
      (secret) => text.includes(secret) || (!TOKEN.test(secret) && text.includes(secret.slice(0, 64))),
    );
    return TOKEN.test(text) ? ["a token", ...known] : known;
  }
});
