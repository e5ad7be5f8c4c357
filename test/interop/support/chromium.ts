import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page, type Response } from "playwright-core";

const ARTIFACTS = join(import.meta.dirname, "..", ".artifacts");

/** Starts the Chromium of this machine: playwright-core brings none. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** Somebody's browser, and everything that came into it. */
export class Visitor {
  /** What the consoles of watched tabs complained of, violations of a Content-Security-Policy among it. */
  readonly complaints: string[] = [];
  readonly #answers = new Map<Response, Promise<string>>();

  private constructor(readonly context: BrowserContext) {
    context.setDefaultTimeout(10_000);
    context.on("response", (response) => void this.#answers.set(response, textOf(response)));
  }

  static async arrive(browser: Browser): Promise<Visitor> {
    return new Visitor(await browser.newContext({ viewport: { width: 1200, height: 820 }, colorScheme: "light" }));
  }

  /** A tab whose console is watched. */
  async openTab(url: string): Promise<Page> {
    const page = await this.context.newPage();
    page.on("pageerror", (error) => void this.complaints.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) {
        this.complaints.push(`${message.text()} ${message.location().url}`);
      }
    });
    await page.goto(url);
    return page;
  }

  /** Addresses, headers and bodies of all that an origin answered. */
  async answersOf(origin: string): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    for (const [response, text] of this.#answers) {
      if (!response.url().startsWith(origin)) continue;
      const { pathname } = new URL(response.url());
      texts.set(pathname, `${texts.get(pathname) ?? ""}${await text}\n`);
    }
    return texts;
  }

  /** The cookies that go to an origin, as a header. */
  async cookieHeader(origin: string): Promise<string> {
    const cookies = await this.context.cookies(origin);
    return cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  }
}

/** Keeps a picture of what a tab shows. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), animations: "disabled" });
}

/** All that lives in a tab's memory, as V8 tells: the page's state, what closures hold, answers not yet forgotten. */
export async function memoryOf(page: Page): Promise<string> {
  const devTools = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  devTools.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => void chunks.push(chunk));
  await devTools.send("HeapProfiler.takeHeapSnapshot");
  await devTools.detach();
  return chunks.join("");
}

/** All that a tab stores where scripts can read it, and what it shows. Empty stores are empty lists. */
export async function keptBy(page: Page) {
  // As text: the compiler of these tests knows no browser's globals.
  return page.evaluate<{ cookie: string; stored: unknown[]; html: string }>(`(async () => ({
    cookie: document.cookie,
    stored: [
      ...Object.entries(localStorage),
      ...Object.entries(sessionStorage),
      ...(await indexedDB.databases()),
      ...(await caches.keys()),
    ],
    html: document.documentElement.outerHTML,
  }))()`);
}

/** A site of somebody else's, on a port of its own: it serves one page. */
export async function startOtherSite(html: string): Promise<{ readonly port: number; stop(): void }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The other site has no address.");
  return {
    port: address.port,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function textOf(response: Response): Promise<string> {
  const headers = await response.allHeaders().catch(() => ({}));
  // A redirect has no body; nor has an answer that its page was left before.
  const body = await response.text().catch(() => "");
  return `${response.url()}\n${JSON.stringify(headers)}\n${body}`;
}
