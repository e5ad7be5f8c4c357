import type { Page, PageChannel } from "./page.js";

/** All that tabs tell each other: that something happened. What it came to, each asks the server. */
export type TabNews = "signedIn" | "signedOut";

/** The other tabs with the same session routes. Where a browser has no channel, nothing is told or heard. */
export class OtherTabs {
  readonly #page: Page;
  readonly #name: string;
  readonly #hear: (news: TabNews) => void;
  #channel: PageChannel | undefined;

  constructor(path: string, page: Page, hear: (news: TabNews) => void) {
    this.#page = page;
    this.#name = `cognito-auth-session ${path}`;
    this.#hear = hear;
  }

  listen(): void {
    this.#channel ??= this.#open();
  }

  stopListening(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  tell(news: TabNews): void {
    const channel = this.#channel ?? this.#open();
    channel?.post({ type: news });
    if (channel !== this.#channel) channel?.close();
  }

  #open(): PageChannel | undefined {
    return this.#page.openChannel(this.#name, (message) => {
      const news = typeof message === "object" && message !== null && "type" in message ? message.type : undefined;
      if (news === "signedIn" || news === "signedOut") this.#hear(news);
    });
  }
}
