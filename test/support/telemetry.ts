import { type Attributes, context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** Longer than any test: metrics are collected when a test asks for them. */
const NEVER_MS = 2 ** 30;

/** OpenTelemetry's own SDK, exporting into memory. */
export class Telemetry {
  readonly #spans = new InMemorySpanExporter();
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#spans)] });
  readonly meterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: this.#metrics, exportIntervalMillis: NEVER_MS })],
  });
  readonly #contexts = new AsyncLocalStorageContextManager().enable();

  constructor() {
    context.setGlobalContextManager(this.#contexts);
  }

  /** The spans that have ended. */
  spans(): ReadableSpan[] {
    return this.#spans.getFinishedSpans();
  }

  /** What is measured now, by the metric's name. */
  async metrics(): Promise<ReadonlyMap<string, MetricData>> {
    this.#metrics.reset();
    await this.meterProvider.forceFlush();
    const all = this.#metrics
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
    return new Map(all.map((metric) => [metric.descriptor.name, metric]));
  }

  /** The values of a metric, by what its attributes say; of histograms how often there was one. */
  async values(name: string): Promise<Record<string, number>> {
    const points: readonly DataPoint<unknown>[] = (await this.metrics()).get(name)?.dataPoints ?? [];
    return Object.fromEntries(points.map(({ attributes, value }) => [textOf(attributes), numberOf(value)]));
  }

  async shutdown(): Promise<void> {
    context.disable();
    this.#contexts.disable();
    await this.tracerProvider.shutdown();
    await this.meterProvider.shutdown();
  }
}

function textOf(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name.replace("cognito_auth_session.", "")}=${value}`)
    .sort()
    .join(" ");
}

function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "object" && value !== null && "count" in value ? Number(value.count) : Number.NaN;
}
