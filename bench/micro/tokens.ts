import { RequestsFile } from "../load/requests-file.js";
import type { Stage, TokenKind } from "../stage.js";

const BEARER = "Authorization: Bearer ";

/** Reads tokens as a server would: each time a new string, which nobody has hashed yet. */
export class Tokens {
  readonly #requests: RequestsFile;

  constructor(stage: Stage, kind: TokenKind) {
    this.#requests = new RequestsFile(stage.requests[kind]);
  }

  get count(): number {
    return this.#requests.count;
  }

  at(index: number): string {
    const request = this.#requests.at(index % this.count);
    return request.toString("latin1", request.indexOf(BEARER) + BEARER.length, request.length - "\r\n\r\n".length);
  }
}
