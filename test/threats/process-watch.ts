/** Said by the AWS SDK on old versions of Node, and by this package about the set-ups that some attacks need. */
const EXPECTED_WARNING = /AWS SDK for JavaScript|NodeVersionWarning|CognitoAuthSessionWarning/;

/** Watches for what a process must never see because of a request. */
export function watchProcess() {
  const incidents: string[] = [];
  const onRejection = (reason: unknown) => incidents.push(`unhandledRejection: ${String(reason)}`);
  const onException = (error: Error) => incidents.push(`uncaughtException: ${String(error.stack)}`);
  const onWarning = (warning: Error) => {
    const text = `${warning.name}: ${warning.message}`;
    if (!EXPECTED_WARNING.test(text)) incidents.push(`warning: ${text}`);
  };
  return {
    start(): void {
      process.on("unhandledRejection", onRejection);
      process.on("uncaughtExceptionMonitor", onException);
      process.on("warning", onWarning);
    },
    stop(): void {
      process.off("unhandledRejection", onRejection);
      process.off("uncaughtExceptionMonitor", onException);
      process.off("warning", onWarning);
    },
    /** What happened, after time for what is still under way. */
    async incidents(): Promise<readonly string[]> {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return incidents;
    },
  };
}
