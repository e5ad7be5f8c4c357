import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { type Playground, startPlayground } from "../../src/playground/server.js";
import { launchChromium, picture, startOtherSite, Visitor } from "./support/chromium.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const HOSTILE = '<img src=x onerror="document.title=1">';

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe("The playground in Chromium", function () {
  this.timeout(60_000);
  let playground: Playground;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  const origins = new Set<string>();

  before(async () => {
    playground = await startPlayground();
    browser = await launchChromium();
    visitor = await Visitor.arrive(browser);
    visitor.context.on("request", (request) => void origins.add(new URL(request.url()).origin));
    page = await visitor.openTab(playground.url);
  });
  after(async () => {
    await browser?.close();
    await playground?.close();
  });

  const button = (name: string | RegExp) => page.getByRole("button", { name });
  const outcome = (text: string) => page.locator("#outcome").filter({ hasText: text }).waitFor();
  const focused = () => page.evaluate<string>("document.activeElement.textContent || document.activeElement.id");
  /** Presses Tab until something has the focus. */
  const tabTo = async (name: RegExp) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press("Tab");
      if (name.test(await focused())) return;
    }
    expect.fail(`Tab leads to no ${name}`);
  };
  const audit = async (): Promise<string[]> => {
    // As text: the compiler of these tests knows no browser's globals.
    await page.evaluate(AXE);
    const { violations } = await page.evaluate<{ violations: Finding[] }>(
      "axe.run(document, { resultTypes: ['violations'], iframes: false })",
    );
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  };
  const whole = async (name: string) => {
    const width = page.viewportSize()?.width ?? 1200;
    const height = Math.min(4000, await page.evaluate<number>("document.documentElement.scrollHeight"));
    await page.setViewportSize({ width, height });
    await picture(page, name);
    await page.setViewportSize({ width, height: 820 });
  };

  it("is walked through by keyboard alone: sign in, call /admin, understand the 403", async () => {
    await button(/nia/).waitFor();
    await whole("playground-1-first");
    await tabTo(/^Skip/);
    await tabTo(/^nia/);
    const outline = await page.evaluate<string>("getComputedStyle(document.activeElement).outlineStyle");
    expect(outline).to.equal("solid");
    await page.keyboard.press("Enter");
    await page.getByText("ID token of nia").waitFor();
    await tabTo(/^GET \/admin/);
    await page.keyboard.press("Enter");
    await outcome("403 Forbidden");
    const why = await page.locator("#why").innerText();
    expect(why).to.contain("The token is good. The route asks for a group");
    expect(why).to.contain('requireGroup("admin")').and.contain("no groups");
    expect(why).to.contain("Add the user to the group and sign in again");
    expect(await page.locator("#steps .stop").innerText()).to.contain("Guard");
    expect(await page.locator("#answer .mark").innerText()).to.contain('error="insufficient_scope"');
    expect(await page.locator("#answer").innerText()).to.contain('"code": "insufficient_group"');
    await whole("playground-2-refused");
  });

  it("shows an admin's session, its credentials masked", async () => {
    await button(/^ada/).click();
    await page.getByText("ID token of ada").waitFor();
    await button("/admin").click();
    await outcome("200 OK");
    const session = await page.locator("#session").innerText();
    expect(session)
      .to.contain("admin")
      .and.match(/ASIA…\w{4}/)
      .and.match(/hidden \(\d+ characters\)/);
    await whole("playground-3-admin");
  });

  it("counts down to expiry, second by second", async () => {
    const countdowns = page.locator("#session time");
    const before = await countdowns.allInnerTexts();
    expect(before).to.have.length(2);
    for (const text of before) expect(text).to.match(/^in (?:59:\d\d|1:00:00)$/);
    await countdowns
      .first()
      .filter({ hasNotText: before[0] ?? "" })
      .waitFor();
  });

  it("counts the calls to Cognito as they happen, the ones of others too", async () => {
    const total = () => page.locator("#total-JWKS").innerText();
    const shown = Number(await total());
    expect(shown).to.equal(playground.cognito.requests("JWKS"));
    await fetch(playground.cognito.options.jwksUri);
    await page
      .locator("#total-JWKS")
      .filter({ hasText: String(shown + 1) })
      .waitFor();
    await button("/me").click();
    await page.getByText("It cost no call to Cognito.").waitFor();
    await page.getByText("Pool and client").click();
  });

  it("sends the access token, or both, as chosen", async () => {
    await page.getByLabel("Access token", { exact: true }).check();
    await page.getByText("Access token of ada").waitFor();
    await button("/credentials").click();
    await outcome("401 Unauthorized");
    expect(await page.locator("#why").innerText()).to.contain("The identity pool gives them for an ID token");
    await page.getByLabel("Both").check();
    await page.getByLabel("ID token beside it").waitFor();
    for (const route of ["/credentials", "/orders"]) {
      await button(route).click();
      await outcome("200 OK");
    }
    expect(await page.locator("#session time").count()).to.equal(3);
    expect(await page.locator("#request").innerText()).to.match(/^X-Id-Token: eyJ\S{13}… /m);
    await page.getByLabel("ID token", { exact: true }).check();
    await page.getByText("ID token of ada").waitFor();
  });

  it("breaks Cognito and the clock, and says what that did", async () => {
    await page.getByLabel("is down").check();
    await button("Restart the API").click();
    await page.getByText("started anew").waitFor();
    await button("/me").click();
    await outcome("503 Service Unavailable");
    expect(await page.locator("#why").innerText()).to.contain("JWKS failed");
    await whole("playground-4-down");
    await page.getByLabel("works", { exact: true }).check();
    await button("Restart the API").click();
    await page.getByText("started anew").waitFor();
    await page.getByLabel("2 hours ahead").check();
    await page.getByText("The token has expired.", { exact: true }).waitFor();
    await button("/me").click();
    await outcome("401 Unauthorized");
    await page.getByLabel("right", { exact: true }).check();
    await button("/me").click();
    await outcome("200 OK");
  });

  it("mints a token with a fault, and marks the claim", async () => {
    await page.getByText("Mint a token of your own").click();
    await page.getByLabel("What is wrong with it").selectOption("wrong-client");
    await page.getByLabel("Groups").fill("admin");
    await button("Mint token").click();
    await page.getByText("ID token of eve").waitFor();
    await page.locator("#claims .wrong").filter({ hasText: playground.cognito.options.clientId }).waitFor();
    await button("/me").click();
    await outcome("401 Unauthorized");
    expect(await page.locator("#why").innerText()).to.contain("The claim is aud.");
    await whole("playground-5-minted");
  });

  it("shows hostile claims as text", async () => {
    await page.getByLabel("What is wrong with it").selectOption("html-in-claims");
    await page.getByLabel("User name").fill(HOSTILE);
    await page.getByLabel("Groups").fill(HOSTILE);
    await page.getByLabel("More claims").fill(JSON.stringify({ email: HOSTILE, [HOSTILE]: 1 }));
    await button("Mint token").click();
    await page.getByText(`ID token of ${HOSTILE}`).waitFor();
    await button("/me").click();
    await outcome("200 OK");
    await page.locator("#session").getByText(HOSTILE).first().waitFor();
    expect(await page.locator("#claims").getByText(HOSTILE).count()).to.be.above(2);
    expect(await page.locator("img, main script, main b b").count()).to.equal(0);
    expect(await page.title()).to.equal("Playground of cognito-auth-session");
    await whole("playground-6-hostile");
  });

  it("takes what cannot be sent, and what is no token", async () => {
    await page.getByLabel("Bearer token").fill("nönsense\nof two lines");
    await page.getByText("This is no token.").waitFor();
    await button("/me").click();
    await outcome("No request can carry this");
    await page.getByLabel("Bearer token").fill("two words");
    await button("/me").click();
    await outcome("400 Bad Request");
    await button("Clear").click();
    await button("/me").click();
    await outcome("401 Unauthorized");
  });

  for (const scheme of ["light", "dark"] as const) {
    for (const [device, width] of [
      ["desk", 1200],
      ["phone", 390],
    ] as const) {
      it(`has no fault that axe finds, in the ${scheme} at a ${device}'s width`, async () => {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 820 });
        await button(/^nia/).click();
        for (const [route, text] of [
          ["/orders", "403 Forbidden"],
          ["/me", "200 OK"],
        ] as const) {
          await button(route).click();
          await outcome(text);
          expect(await audit()).to.deep.equal([]);
        }
        await page.getByLabel("is down").check();
        await button("Restart the API").click();
        await page.getByText("started anew").waitFor();
        await button("/me").click();
        await outcome("503 Service Unavailable");
        expect(await audit()).to.deep.equal([]);
        await page.getByLabel("works", { exact: true }).check();
        await button("Restart the API").click();
        await page.getByText("started anew").waitFor();
        expect(await page.evaluate("document.documentElement.scrollWidth")).to.equal(width);
        await whole(`playground-7-${scheme}-${device}`);
      });
    }
  }

  it("does nothing for a page of another site", async () => {
    const script = `Promise.all(["restart", "state", "sign-in"].map((path) => fetch("${playground.url}/playground/" + path, {
      ...(path !== "state" && { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }),
    }).then((answer) => answer.text(), () => "blocked"))).then((all) => { document.title = all.join(" "); });`;
    const other = await startOtherSite(`<title>wait</title><script>${script}</script>`);
    const tab = await visitor.context.newPage();
    await tab.goto(`http://127.0.0.1:${other.port}/`);
    await tab.waitForFunction("document.title !== 'wait'");
    expect(await tab.title()).to.equal("blocked blocked blocked");
    await tab.close();
    other.stop();
    origins.delete(`http://127.0.0.1:${other.port}`);
  });

  it("asked nobody but its own server, and its console is quiet", () => {
    expect([...origins]).to.deep.equal([playground.url]);
    // Chromium itself notes each refusal of the API.
    const complaints = visitor.complaints.filter((text) => !/status of (?:400|401|403|503)/.test(text));
    expect(complaints).to.deep.equal([]);
  });

  it("says when its server has gone", async () => {
    await playground.close();
    await page.getByText("The playground does not answer.").waitFor();
  });
});
