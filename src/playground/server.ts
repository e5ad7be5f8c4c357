import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Clock } from "../clock.js";
import { LocalCognito } from "../testing/local-cognito.js";
import { type LocalUser, USER_SCOPE } from "../testing/users.js";
import { Refused, sendJson, sendRefused } from "./answer.js";
import { type RouteToTry, SAMPLE_ROUTES, sampleApi } from "./api.js";
import { assetAt, PAGE_HEADERS } from "./assets.js";
import { Calls } from "./calls.js";
import { type ControlParts, control } from "./control.js";
import { isForLoopback, isFromOwnPage } from "./local-only.js";
import { type CreateApi, Stage } from "./stage.js";

const CONTROL = "/playground/";

/** Options of {@link startPlayground}. */
export interface PlaygroundOptions {
  /** Port on 127.0.0.1. Default 0: a free one. */
  readonly port?: number | undefined;
  /** Who can be signed in with a click. Default: ada, an admin; rob, a reader; nia, who is in no group. */
  readonly users?: readonly LocalUser[] | undefined;
  /** One that runs already; `close()` leaves it running. Default: a new one. */
  readonly cognito?: LocalCognito | undefined;
  /** The API to try, and what the page is to offer of it. Default: a small one with a route for each kind of guard. */
  readonly api?: { readonly create: CreateApi; readonly routes: readonly RouteToTry[] } | undefined;
  /** The clock, in milliseconds since the epoch. Default: the machine's. */
  readonly clock?: Clock | undefined;
}

/** A playground that runs. */
export interface Playground {
  /** Address of the page, and of the API's routes: `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly cognito: LocalCognito;
  /** Stops it, and its LocalCognito unless that was given. */
  close(): Promise<void>;
}

const USERS: readonly LocalUser[] = [
  {
    username: "ada",
    groups: ["admin"],
    attributes: { email: "ada@example.com", name: "Ada Lovelace" },
    scopes: [USER_SCOPE, "orders/read"],
  },
  {
    username: "rob",
    groups: ["reader"],
    attributes: { email: "rob@example.com", name: "Rob Pike" },
    scopes: [USER_SCOPE, "orders/read"],
  },
  { username: "nia", attributes: { email: "nia@example.com", name: "Nia Long" } },
];

/**
 * Serves a page to try tokens, guards and outages with, and the API that it calls, on loopback. There is no AWS behind it:
 * user pool and identity pool are a `LocalCognito`. Requests of other sites, and under other names of this machine, are
 * refused.
 *
 * @param options port, users, a LocalCognito that runs already, an API of one's own
 * @throws {TypeError} for users that cannot be used
 * @throws Node's error where the port is taken (`EADDRINUSE`)
 * @example
 * ```ts
 * const playground = await startPlayground({ port: 3000 });
 * console.log(`Open ${playground.url}`);
 * await playground.close();
 * ```
 */
export async function startPlayground(options: PlaygroundOptions = {}): Promise<Playground> {
  const { port = 0, users = USERS, clock, api = { create: sampleApi, routes: SAMPLE_ROUTES } } = options;
  const cognito = options.cognito ?? (await LocalCognito.start({ users, clock }));
  const stage = new Stage(cognito, api.create, clock);
  const parts: ControlParts = { stage, calls: new Calls(), users, routes: api.routes };
  const server = createServer((request, response) => {
    answer(parts, request, response).catch(() => response.destroy());
  });
  const close = async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    await stage.sessions.close();
    if (options.cognito === undefined) await cognito.stop();
  };
  try {
    return { url: await listen(server, port), cognito, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The playground has no address.");
  return `http://127.0.0.1:${address.port}`;
}

/** The page is at `/`, what belongs to it below `/playground/`; everything else is the API's. */
async function answer(parts: ControlParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  if (path !== "/" && !path.startsWith(CONTROL)) {
    const { stage, calls } = parts;
    calls.watch(request, response, stage);
    return stage.api(request, response);
  }
  try {
    if (!isForLoopback(request)) throw new Refused(403, "Open the playground as 127.0.0.1 or localhost.");
    const asset = assetAt(path);
    if (asset === undefined) {
      if (!isFromOwnPage(request)) throw new Refused(403, "The playground takes requests of its own page only.");
      return sendJson(response, 200, await control(parts, path.slice(CONTROL.length), request));
    }
    if (request.method !== "GET" && request.method !== "HEAD") throw new Refused(405, "Not with this method.");
    response.writeHead(200, { ...PAGE_HEADERS, "Content-Type": asset.type }).end(asset.text);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    sendRefused(response, error);
  }
}
