import type { RequestListener } from "node:http";
import { heapInUse } from "./heap.js";

/** An answer that never ends. `fetch` forgets its signal when garbage is collected while a body comes in. */
export const drip: RequestListener = (_request, response) => {
  const timer = setInterval(() => {
    response.write(" ");
    void heapInUse();
  }, 20);
  response.on("close", () => clearInterval(timer));
};
