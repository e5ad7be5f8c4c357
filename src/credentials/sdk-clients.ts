import https from "node:https";
import { LRUCache } from "lru-cache";
import { http } from "../node-http.js";
import type { AWSCredentials } from "./credentials.js";

/** A client class of AWS SDK v3: its configuration is a parameter, optional where all settings are. */
export type AwsClientClass<C, Settings extends object> =
  | (new (
      ...config: [] | [Settings]
    ) => C)
  | (new (
      config: Settings,
    ) => C);

/** Gives the credentials that a client signs with. */
export type CredentialsSource = () => Promise<AWSCredentials>;

const NO_CLASS =
  "awsClient() takes a client class of the AWS SDK v3, and its settings: awsClient(S3Client, { region }).";

const CONNECTIONS = { keepAlive: true, maxSockets: 50 };

/** One connection pool for all users: a client that someone destroys must not take it along. */
class SharedHttpAgent extends http.Agent {
  override destroy(): void {}
  closeAll(): void {
    super.destroy();
  }
}

class SharedHttpsAgent extends https.Agent {
  override destroy(): void {}
  closeAll(): void {
    super.destroy();
  }
}

interface Kept {
  readonly client: unknown;
  /** The request that used the client last lends it the freshest token. */
  readonly source: { current: CredentialsSource };
}

/** AWS SDK clients, kept per user, role, class and configuration. Making one costs a thousand times what finding one does. */
export class SdkClients {
  readonly #kept: LRUCache<string, Kept>;
  readonly #httpAgent = new SharedHttpAgent(CONNECTIONS);
  readonly #httpsAgent = new SharedHttpsAgent(CONNECTIONS);
  readonly #names = new WeakMap<object, number>();
  #lastName = 0;

  constructor(maxClients: number) {
    this.#kept = new LRUCache({ max: maxClients });
  }

  /**
   * @param subjectKey whose client it is
   * @param source credentials of the present request, of the same subject
   * @throws {TypeError} for what is no class
   */
  get<C, Settings extends object>(
    subjectKey: string,
    Client: AwsClientClass<C, Settings>,
    config: Settings | undefined,
    source: CredentialsSource,
  ): C {
    if (typeof Client !== "function") throw new TypeError(NO_CLASS);
    const key = `${subjectKey} ${this.#nameOf(Client)} ${this.#describe({ ...config, credentials: undefined })}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      kept.source.current = source;
      // The key holds the class, so what is kept under it is an instance of it.
      return kept.client as C;
    }
    const holder = { current: source };
    const client = new Client(this.#complete(config, holder));
    this.#kept.set(key, { client, source: holder });
    return client;
  }

  /** Drops the clients of a subject. One that somebody still holds finds out when it asks for credentials. */
  forget(subjectKey: string): void {
    for (const key of [...this.#kept.keys()]) if (key.startsWith(`${subjectKey} `)) this.#kept.delete(key);
  }

  /** Closes all connections. */
  close(): void {
    this.#kept.clear();
    this.#httpAgent.closeAll();
    this.#httpsAgent.closeAll();
  }

  #complete<Settings extends object>(config: Settings | undefined, holder: Kept["source"]): Settings {
    const requestHandler = { httpAgent: this.#httpAgent, httpsAgent: this.#httpsAgent };
    // The SDK would keep what it was given until shortly before its end; ours is kept, and judged, by the session.
    const credentials = Object.assign(() => holder.current(), { memoized: true });
    const settings = { requestHandler, ...config, credentials };
    // `credentials` and `requestHandler` are settings of every SDK client; its own type cannot be known here.
    return settings as unknown as Settings;
  }

  /** Plain settings by value; functions and instances by identity. */
  #describe(config: object): string {
    return JSON.stringify(config, (_name, value: unknown) => {
      if (typeof value === "function") return `#${this.#nameOf(value)}`;
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) return `#${this.#nameOf(value)}`;
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    });
  }

  #nameOf(value: object): number {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    this.#lastName += 1;
    this.#names.set(value, this.#lastName);
    return this.#lastName;
  }
}
