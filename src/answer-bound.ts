import { pipeline, Readable, Transform, type TransformCallback } from "node:stream";
import type { CognitoIdentityClient } from "@aws-sdk/client-cognito-identity";
import { MAX_ANSWER_BYTES } from "./bounded-answer.js";

/** The answer was longer than any that AWS gives to these calls. */
class AnswerTooLarge extends Error {
  override readonly name = "AnswerTooLarge";
}

/** Has a client of the SDK bound its answers. */
export function boundAnswers(client: { readonly middlewareStack: { use(plugin: never): void } }): void {
  // Each client's stack is typed for its own operations; this looks at none of them.
  client.middlewareStack.use(answerBound as never);
}

/** A plugin for SDK clients: they read an answer to its end, however long it is; this ends it, and the connection with it. */
export const answerBound: Parameters<CognitoIdentityClient["middlewareStack"]["use"]>[0] = {
  applyToStack(stack) {
    stack.add(
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
      { step: "deserialize", name: "answerBound", priority: "low" },
    );
  },
};

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
