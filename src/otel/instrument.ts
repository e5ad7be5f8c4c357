import { type MeterProvider, metrics, type TracerProvider, trace } from "@opentelemetry/api";
import { liveComponents } from "../session/live-components.js";
import { SessionManager } from "../session/manager.js";
import { makeGauges } from "./gauges.js";
import { makeMetrics } from "./metrics.js";
import { makeSpans } from "./spans.js";

/** Under what name spans and metrics are made. */
const SCOPE = "cognito-auth-session";

/** Options of {@link instrumentAuthSession}. All are optional. */
export interface InstrumentationOptions {
  /** Where spans go; default: the global provider. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Where metrics go; default: the global provider. */
  readonly meterProvider?: MeterProvider | undefined;
  /** Whose caches and key sets the gauges show; default: every engine of this process. */
  readonly sessions?: SessionManager | readonly SessionManager[] | undefined;
}

/**
 * Makes OpenTelemetry spans and metrics of what this package does. Call it once, after the OpenTelemetry SDK was started.
 * Neither holds a token, a secret or anything that tells who a user is.
 *
 * @param options the providers, where they are not the global ones
 * @returns stops it; spans that are open then are not ended
 * @throws {TypeError} where `sessions` is anything but a `SessionManager` or several
 * @example
 * ```ts
 * const stop = instrumentAuthSession();
 * ```
 */
export function instrumentAuthSession({
  tracerProvider = trace.getTracerProvider(),
  meterProvider = metrics.getMeterProvider(),
  sessions,
}: InstrumentationOptions = {}): () => void {
  const given = sessions === undefined ? undefined : componentsOf([sessions].flat());
  const meter = meterProvider.getMeter(SCOPE);
  const stops = [
    makeSpans(tracerProvider.getTracer(SCOPE)),
    makeMetrics(meter),
    makeGauges(meter, () => given ?? liveComponents.all()),
  ];
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}

function componentsOf(sessions: readonly SessionManager[]) {
  return sessions.map((each) => {
    if (each instanceof SessionManager) return SessionManager.componentsOf(each);
    throw new TypeError("instrumentAuthSession() takes a SessionManager, or a list of them, as `sessions`.");
  });
}
