import { isLoopback } from "../../config/endpoint.js";

/** The URLs that a browser may be led to: a list, letter for letter, or whatever is on this machine. */
export class RedirectUrls {
  constructor(private readonly allowed: readonly string[] | undefined) {}

  allows(url: string | null): url is string {
    if (url === null || !URL.canParse(url)) return false;
    return this.allowed === undefined ? isOnThisMachine(url) : this.allowed.includes(url);
  }
}

function isOnThisMachine(url: string): boolean {
  const { protocol, username, password } = new URL(url);
  // What browsers and other parsers read differently is left out, as are fragments and names.
  const isPlain = username === "" && password === "" && !/[#\\\s]/.test(url);
  return (protocol === "http:" || protocol === "https:") && isPlain && isLoopback(url);
}
