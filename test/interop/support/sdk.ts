/** Settings of an administrator's SDK clients: an emulator, bounded in time, without retries that hide a fault. */
export function adminOf(endpoint: string) {
  return {
    region: "us-east-1",
    endpoint,
    credentials: { accessKeyId: "admin", secretAccessKey: "admin" },
    maxAttempts: 1,
    requestHandler: { requestTimeout: 10_000, throwOnRequestTimeout: true },
  };
}

/** A field that the SDK's types leave open and every emulator fills. */
export function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`The emulator's answer has no ${name}.`);
  return value;
}
