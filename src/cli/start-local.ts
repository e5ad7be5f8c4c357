import type { LocalCognito, LocalUser } from "../testing.js";

/** What `local` runs. */
export interface RunningLocal {
  readonly url: string;
  /** Where the playground's page is. */
  readonly pageUrl: string;
  readonly cognito: LocalCognito;
  close(): Promise<void>;
}

/** Starts it. Loaded when it is asked for: no other command needs a service of its own. */
export async function startLocal(options: {
  readonly port: number;
  readonly pagePort: number;
  readonly users: readonly LocalUser[];
}): Promise<RunningLocal> {
  const [{ LocalCognito }, { startPlayground }] = await Promise.all([
    import("../testing.js"),
    import("../playground/server.js"),
  ]);
  const { port, pagePort, users } = options;
  const cognito = await LocalCognito.start({ port, users });
  try {
    const playground = await startPlayground({ port: pagePort, users, cognito });
    const close = async () => {
      await playground.close();
      await cognito.stop();
    };
    return { url: cognito.options.userPoolEndpoint, pageUrl: playground.url, cognito, close };
  } catch (error) {
    await cognito.stop();
    throw error;
  }
}
