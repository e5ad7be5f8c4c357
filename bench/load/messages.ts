/** Part of a file of requests: from the first to before the last. */
export interface Part {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** Which requests are sent: some again and again, some only once, or a mix of both. */
export interface Stream {
  /** Sent in turn, from `at` on, and from the beginning again. */
  readonly repeated?: Part & { readonly at: number };
  /** Sent once each; each `every`-th request is one of these. The slice ends where they do. */
  readonly once?: Part & { readonly every: number };
}

/** One slice of load. */
export interface Order {
  readonly port: number;
  readonly connections: number;
  readonly stream: Stream;
  /** Whichever comes first ends the slice. */
  readonly milliseconds: number;
  readonly requests?: number;
  /** Requests a second, whether they are answered or not; without it each connection sends when it was answered. */
  readonly rate?: number;
  /** Whether the load sleeps while it waits, as it has to where the server works on its core as well. Not where there is a rate. */
  readonly sleeps?: boolean;
  /** Of the arrival times, where there is a rate. */
  readonly seed?: number;
}

/** What came of it. */
export interface Outcome {
  readonly requests: number;
  readonly milliseconds: number;
  /** How many answers had which status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Where the next slice goes on. */
  readonly repeatedAt: number;
  readonly onceAt: number;
  /** Milliseconds from when a request was due to when it was answered; only where there is a rate. */
  readonly latencies: readonly number[];
}

export type Answer = { readonly outcome: Outcome } | { readonly failure: string };
