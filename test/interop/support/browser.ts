/** An answer as a page shows it. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** How a page is asked for. */
export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

interface Cookie {
  readonly host: string;
  readonly path: string;
  readonly value: string;
}

const MOST_REDIRECTS = 10;

/** As much of a browser as sign-ins need: cookies by host and path, redirects, forms. */
export class Browser {
  readonly #cookies = new Map<string, Cookie>();
  readonly #reach: (origin: string) => string;

  /** @param reach where a site is really found, for names that no resolver knows */
  constructor(reach: (origin: string) => string = (origin) => origin) {
    this.#reach = reach;
  }

  /** Has cookies of a host that it got before, or wrote itself. */
  give(url: string, cookies: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(cookies)) this.#keep(`${name}=${value}`, new URL(url));
  }

  /** One request; redirects are shown, not followed. */
  async ask(url: string | URL, { method = "GET", headers = {}, form }: Ask = {}): Promise<Page> {
    const { origin, pathname, search, href } = new URL(url);
    const cookie = this.cookiesFor(href);
    const response = await fetch(this.#reach(origin) + pathname + search, {
      method,
      redirect: "manual",
      headers: { Accept: "text/html", ...(cookie === "" ? {} : { Cookie: cookie }), ...headers },
      signal: AbortSignal.timeout(20_000),
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line, new URL(url));
    return { url: href, status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Follows redirects until there are none, or until one leads to where `stop` says. */
  async visit(url: string | URL, stop: (url: string) => boolean = () => false): Promise<Page> {
    return this.#follow(await this.ask(url), stop);
  }

  /** Sends a page's form, with its hidden fields and those given, and follows where that leads. */
  async submit(
    page: Page,
    fields: Readonly<Record<string, string>>,
    stop: (url: string) => boolean = () => false,
  ): Promise<Page> {
    const action = /<form\b[^>]*\baction="([^"]*)"/.exec(page.text)?.[1];
    if (action === undefined) throw new Error(`There is no form at ${page.url}: ${page.status} ${page.text}`);
    const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const form = { ...Object.fromEntries(hidden.map(([, name, value]) => [name, unescaped(value ?? "")])), ...fields };
    const target = new URL(unescaped(action), page.url);
    const headers = { Origin: new URL(page.url).origin, "Sec-Fetch-Site": "same-origin" };
    return this.#follow(await this.ask(target, { method: "POST", headers, form }), stop);
  }

  /** The `Cookie` header that goes with a request. */
  cookiesFor(url: string): string {
    const { hostname, pathname } = new URL(url);
    const matching = [...this.#cookies].filter(
      ([, { host, path }]) =>
        host === hostname && (path === "/" || pathname === path || pathname.startsWith(`${path}/`)),
    );
    return matching.map(([key, { value }]) => `${key.slice(0, key.indexOf(" "))}=${value}`).join("; ");
  }

  async #follow(start: Page, stop: (url: string) => boolean): Promise<Page> {
    let page = start;
    for (let redirects = 0; redirects < MOST_REDIRECTS; redirects += 1) {
      const location = page.headers.get("location");
      if (page.status < 300 || page.status > 399 || location === null) return page;
      const next = new URL(location, page.url).href;
      if (stop(next)) return { ...page, url: next };
      page = await this.ask(next);
    }
    throw new Error(`The redirects from ${start.url} do not end.`);
  }

  /** Cookies are a host's, whatever the port (RFC 6265 section 8.5). */
  #keep(line: string, from: URL): void {
    const [pair = "", ...attributes] = line.split(/;\s*/);
    const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    const attribute = (wanted: string) =>
      attributes.find((each) => each.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const path = attribute("path") ?? "/";
    const expires = attribute("expires");
    const isGone = attribute("max-age") === "0" || (expires !== undefined && Date.parse(expires) <= Date.now());
    const key = `${name} ${from.hostname} ${path}`;
    if (isGone) this.#cookies.delete(key);
    else this.#cookies.set(key, { host: from.hostname, path, value });
  }
}

function unescaped(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&amp;", "&");
}
