import type { LocalCognito, LocalUser } from "../testing.js";

/** What `local` runs. */
export interface RunningLocal {
  readonly url: string;
  readonly cognito: LocalCognito;
  close(): Promise<void>;
}

/** Starts it. Loaded when it is asked for: no other command needs a service of its own. */
export async function startLocal(options: {
  readonly port: number;
  readonly users: readonly LocalUser[];
}): Promise<RunningLocal> {
  const { LocalCognito } = await import("../testing.js");
  const cognito = await LocalCognito.start(options);
  return { url: cognito.options.userPoolEndpoint, cognito, close: () => cognito.stop() };
}
