import { pipeline, Readable, Transform, type TransformCallback } from "node:stream";
import type { CognitoIdentityClient } from "@aws-sdk/client-cognito-identity";

/** Cognito's answers are a few kilobytes. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** The answer was longer than any that Cognito gives. */
class AnswerTooLarge extends Error {
  override readonly name = "AnswerTooLarge";
}

/** The SDK reads an answer to its end, however long it is; this ends it, and the connection with it. */
export function boundAnswers(client: CognitoIdentityClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      if (
        typeof response === "object" &&
        response !== null &&
        "body" in response &&
        response.body instanceof Readable
      ) {
        // What goes wrong shows where the bounded stream is read.
        response.body = pipeline(response.body, new Bound(MAX_ANSWER_BYTES), () => {});
      }
      return result;
    },
    // Of low priority: nearest to the wire, so that nothing reads before it.
    { step: "deserialize", name: "boundAnswers", priority: "low" },
  );
}

class Bound extends Transform {
  #bytesLeft: number;

  constructor(maxBytes: number) {
    super();
    this.#bytesLeft = maxBytes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytesLeft -= chunk.byteLength;
    if (this.#bytesLeft < 0) done(new AnswerTooLarge());
    else done(null, chunk);
  }
}
