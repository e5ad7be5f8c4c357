import type { Server } from "node:http";
import { SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { appWith, TestClock } from "../support/app.js";
import { Callers } from "./callers.js";
import type { ChaosFault } from "./faults.js";
import { type Operation, Upstream } from "./upstream.js";

export const REQUEST_TIMEOUT_MS = 300;
const LIFETIME_SECONDS = 100_000;

/** The services behind the app, on one clock that is moved by hand, with a wire to each endpoint. */
export class Backstage {
  private constructor(
    readonly cognito: LocalCognito,
    readonly clock: TestClock,
    readonly keys: Upstream,
    readonly identityPool: Upstream,
  ) {}

  static async open(): Promise<Backstage> {
    const clock = new TestClock();
    const cognito = await LocalCognito.start({ clock: clock.read });
    const { origin } = new URL(cognito.options.issuer);
    return new Backstage(cognito, clock, await Upstream.to(origin), await Upstream.to(origin));
  }

  /** A token of a user of this name. */
  token(tokenUse: "access" | "id", sub: string, kid?: string): string {
    const exp = Math.floor(this.clock.nowMs / 1000) + LIFETIME_SECONDS;
    return this.cognito.signToken({ tokenUse, claims: { sub, exp }, header: kid === undefined ? {} : { kid } });
  }

  async begin(fault: ChaosFault, operation: Operation): Promise<void> {
    const upstream = operation === "JWKS" ? this.keys : this.identityPool;
    if (fault.service !== undefined) this.cognito.fail(operation, fault.service);
    if (fault.wire !== undefined) upstream.spoil(operation, fault.wire);
    if (fault.refuses) await upstream.refuse();
  }

  async end(fault: ChaosFault, operation: Operation): Promise<void> {
    const upstream = operation === "JWKS" ? this.keys : this.identityPool;
    this.cognito.fail(operation, { times: 0 });
    upstream.heal();
    if (fault.refuses) await upstream.accept();
  }

  async close(): Promise<void> {
    await Promise.all([this.keys.refuse(), this.identityPool.refuse()]);
    await this.cognito.stop();
  }
}

/** An Express app on a free port, with an engine of its own. */
export class Stage {
  private constructor(
    readonly sessions: SessionManager,
    readonly callers: Callers,
    private readonly server: Server,
  ) {}

  static async open({ cognito, clock, keys, identityPool }: Backstage): Promise<Stage> {
    const { pathname } = new URL(cognito.options.jwksUri);
    const options = {
      ...cognito.options,
      jwksUri: `${keys.origin}${pathname}`,
      identityPoolEndpoint: identityPool.origin,
      requestTimeout: REQUEST_TIMEOUT_MS,
    };
    const sessions = new SessionManager(options, { clock: clock.read });
    const app = appWith(sessions);
    const server = await new Promise<Server>((resolve) => {
      const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
    });
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("The app has no address.");
    return new Stage(sessions, new Callers(address.port), server);
  }

  async close(): Promise<void> {
    this.callers.close();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
    await this.sessions.close();
  }
}
