const OURS = /^(?:CognitoAuthSessionWarning|NodeDeprecationWarning)$/;

/** Collects what must not happen in a process: errors that nobody caught, and warnings. */
export class ProcessEvents {
  readonly seen: string[] = [];
  readonly #onError = (error: unknown) => this.seen.push(String(error));
  readonly #onWarning = ({ name, message }: Error) => {
    const isKnown = OURS.test(name) || /AWS SDK for JavaScript/.test(message);
    if (!isKnown) this.seen.push(`${name}: ${message}`);
  };

  start(): void {
    process.on("uncaughtExceptionMonitor", this.#onError).on("unhandledRejection", this.#onError);
    process.on("warning", this.#onWarning);
  }

  stop(): void {
    process.off("uncaughtExceptionMonitor", this.#onError).off("unhandledRejection", this.#onError);
    process.off("warning", this.#onWarning);
  }
}

/** Sockets, servers and timers that keep the process alive, by kind. */
export async function activeResources(): Promise<Record<string, number>> {
  // A timer counts until its callback is over, and a test's own timer starts with the test's first wait.
  await new Promise((resolve) => setImmediate(resolve));
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (/TCP|Timeout|DNS|GetAddrInfo/.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** Kinds of which there are more than there were, after a bounded wait for them to go. */
export async function leftOver(base: Readonly<Record<string, number>>): Promise<string[]> {
  let more: string[] = [];
  for (let attempt = 0; attempt < 40; attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    more = Object.entries(await activeResources())
      .filter(([kind, count]) => count > (base[kind] ?? 0))
      .map(([kind, count]) => `${kind}: ${count - (base[kind] ?? 0)}`);
    if (more.length === 0) break;
  }
  return more;
}
