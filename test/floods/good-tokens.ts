import { createPublicKey, generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { once } from "node:events";
import { Worker } from "node:worker_threads";

const THREADS = 2;
const BATCH = 250;

/** A pool whose tokens are signed by threads, batch by batch: never more of them in memory than are being asked with. */
export class TokenSource {
  readonly issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI";
  readonly clientId = "1h57kf5cpq17m0eml12example";
  readonly kid = "flood-key";
  readonly #pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  readonly #threads: Worker[] = [];
  #started = 0;

  /** As `jwks.json` shows it. */
  get keySet(): { keys: JsonWebKey[] } {
    const jwk = createPublicKey(this.#pair.publicKey).export({ format: "jwk" });
    return { keys: [{ ...jwk, kid: this.kid, alg: "RS256", use: "sig" }] };
  }

  /** Distinct good tokens. Each thread signs its next batch while its last one is being used. */
  async *tokens(count: number): AsyncGenerator<readonly string[]> {
    const threads = this.#start();
    const batches = threads.map((thread) => this.#ask(thread));
    for (let given = 0; given < count; given += BATCH) {
      const turn = (given / BATCH) % THREADS;
      const [thread, batch] = [threads[turn], batches[turn]];
      if (thread === undefined || batch === undefined) return;
      const tokens = await batch;
      if (given + THREADS * BATCH < count) batches[turn] = this.#ask(thread);
      yield tokens.slice(0, count - given);
    }
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  /** For when a consumer stopped early. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #start(): Worker[] {
    const threads = Array.from({ length: THREADS }, () => {
      this.#started += 1;
      const workerData = {
        privateKey: this.#pair.privateKey,
        kid: this.kid,
        issuer: this.issuer,
        clientId: this.clientId,
        batch: BATCH,
        name: `user-${this.#started}`,
      };
      return new Worker(new URL("./signer.mjs", import.meta.url), { workerData, execArgv: [] });
    });
    this.#threads.push(...threads);
    return threads;
  }

  async #ask(thread: Worker): Promise<string[]> {
    thread.postMessage("sign");
    const [tokens] = await once(thread, "message");
    return tokens as string[];
  }
}
