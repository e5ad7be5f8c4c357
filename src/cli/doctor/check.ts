import type { Clock } from "../../clock.js";
import type { UserPoolConfig } from "../../config/config.js";
import type { FoundConfiguration } from "../configuration.js";
import type { Finding } from "../finding.js";

/** One line of the doctor's. */
export interface Check extends Finding {
  readonly id:
    | "configuration"
    | "issuer"
    | "key-set"
    | "clock"
    | "user-pool"
    | "client"
    | "token"
    | "identity-pool"
    | "get-id"
    | "credentials"
    | "caller";
}

/** What the checks work with. */
export interface Examination {
  readonly found: FoundConfiguration;
  /** The command line configures one. */
  readonly pool: UserPoolConfig;
  readonly token: string | undefined;
  readonly clock: Clock;
  /** Waits, and says on a terminal for what. */
  wait<T>(label: string, promise: Promise<T>): Promise<T>;
}
