import { inSteps, within } from "../deadline.js";
import { CALL_MS, CONNECT_MS, type RedisClient, type RedisConnection } from "./redis-client.js";
import { codeOf, StoreFailure } from "./redis-failure.js";

/** A client that belongs to the user. It is connected where it is not, and otherwise left as it is. */
export class GivenConnection implements RedisConnection {
  readonly #client: RedisClient;
  #opening: Promise<unknown> | undefined;
  #isClosed = false;

  constructor(client: RedisClient) {
    this.#client = client;
    // An "error" event that nobody listens to would end the process.
    if (client.listenerCount("error") === 0) client.on("error", () => {});
  }

  async run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    try {
      return await inSteps(CALL_MS, async () => {
        await this.#open();
        return command(this.#client);
      });
    } catch (error) {
      throw new StoreFailure(codeOf(error));
    }
  }

  /** Leaves the client to its owner, who may close it now: this store connects it no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async #open(): Promise<void> {
    const client = this.#client;
    if (this.#isClosed) throw new StoreFailure();
    if (client.isOpen === false && this.#opening === undefined) {
      // It may go on connecting for ever: only those who came first wait for it.
      const opening = async () => within(CONNECT_MS, () => client.connect());
      this.#opening = opening().finally(() => {
        this.#opening = undefined;
      });
    }
    await this.#opening;
    // Most clients would keep the command until they are connected again, and write what is old by then.
    if (client.isReady === false) throw new StoreFailure();
  }
}
