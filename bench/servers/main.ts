import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { readStage, type Stage } from "../stage.js";

/** One variant, in a process of its own: `node main.js <variant> <stage file> <seconds it may live>`. */
const [variant = "", stageFile = "", seconds = "60"] = process.argv.slice(2);
// Whatever becomes of the benchmark, no server outlives it for long.
setTimeout(() => process.exit(1), Number(seconds) * 1000).unref();
process.once("disconnect", () => process.exit());
// Any message asks how much time of its core it took so far, in microseconds.
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ usedMicroseconds: user + system });
});

// Each of the modules has this shape; only the one that is measured is loaded.
const { serve } = (await import(`./${variant}.js`)) as { serve(stage: Stage): RequestListener };
const server = createServer(serve(readStage(stageFile)));
// Connections wait for their turn while others are measured.
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ port });
});
