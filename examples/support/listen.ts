import { createServer, type RequestListener, Server } from "node:http";
import { fileURLToPath } from "node:url";

/** Whether a module is the program that was started, rather than imported. */
export function isMain(moduleUrl: string): boolean {
  return process.argv[1] === fileURLToPath(moduleUrl);
}

/** Listens on `PORT` (3000 where it is not set) of loopback, and says where. */
export async function listen(
  app: RequestListener | Server,
  port = Number(process.env.PORT ?? 3000),
): Promise<{ server: Server; origin: string }> {
  const server = app instanceof Server ? app : createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server has no address.");
  return { server, origin: `http://127.0.0.1:${address.port}` };
}
