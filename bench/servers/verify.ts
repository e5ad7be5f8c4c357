import { createPublicKey, type KeyObject } from "node:crypto";
import type { RequestListener } from "node:http";
import type { Stage } from "../stage.js";
import { authenticateBy, expressApp } from "./express-app.js";

/** How a signature is judged. */
export type Verify = (data: Buffer, key: KeyObject, signature: Buffer) => boolean | Promise<boolean>;

/** The least that verifies: tokens that come again cost nothing, new ones a signature. */
export function verifyingApp({ pem }: Stage, verify: Verify): RequestListener {
  const key = createPublicKey(pem);
  const known = new Set<string>();
  return expressApp(
    authenticateBy(async (token) => {
      if (known.has(token)) return;
      const end = token.lastIndexOf(".");
      const signature = Buffer.from(token.slice(end + 1), "base64url");
      if (!(await verify(Buffer.from(token.slice(0, end)), key, signature))) throw new Error("Forged.");
      known.add(token);
    }),
  );
}
