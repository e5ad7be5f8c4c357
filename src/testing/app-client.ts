import { createHmac, timingSafeEqual } from "node:crypto";
import { notAuthorized } from "./service-error.js";

/** A pool's app client: public, or confidential when it has a secret. Refuses in the real service's words. */
export class AppClient {
  readonly #secret: string | undefined;

  constructor(
    readonly id: string,
    secret: string | undefined,
  ) {
    this.#secret = secret;
  }

  get isConfidential(): boolean {
    return this.#secret !== undefined;
  }

  /** Whether these are the client's credentials; without a secret where it has none. */
  accepts(id: string | undefined, secret: string | undefined): boolean {
    return id === this.id && (this.#secret === undefined ? secret === undefined : isSame(secret, this.#secret));
  }

  /** Checks the secret that an operation came with. @throws {ServiceError} */
  checkSecret(given: unknown): void {
    this.#check(given, this.#secret);
  }

  /**
   * Checks the `SECRET_HASH` that an operation came with.
   *
   * @throws {ServiceError}
   * @see https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
   */
  checkSecretHash(given: unknown, username: string): void {
    const expected =
      this.#secret && createHmac("sha256", this.#secret).update(`${username}${this.id}`).digest("base64");
    this.#check(given, expected);
  }

  #check(given: unknown, expected: string | undefined): void {
    if (expected === undefined) {
      if (given === undefined) return;
      throw notAuthorized(`Client ${this.id} is not configured for secret but secret was received`);
    }
    if (given === undefined) {
      throw notAuthorized(`Client ${this.id} is configured with secret but SECRET_HASH was not received`);
    }
    if (!isSame(given, expected)) throw notAuthorized(`SecretHash does not match for the client: ${this.id}`);
  }
}

function isSame(given: unknown, expected: string): boolean {
  if (typeof given !== "string") return false;
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}
