import { DataPointType, type MetricData } from "@opentelemetry/sdk-metrics";

/** As the OpenTelemetry specification has it ("Prometheus and OpenMetrics Compatibility"), for the units that we use. */
const UNITS: Readonly<Record<string, string>> = { s: "_seconds" };

/** The series that OpenTelemetry's exporters and collector make of a metric, with the values of their labels. */
export function seriesOf(metrics: Iterable<MetricData>): Map<string, Map<string, Set<string>>> {
  const series = new Map<string, Map<string, Set<string>>>();
  for (const metric of metrics) {
    const labels = labelsOf(metric);
    for (const suffix of suffixesOf(metric)) {
      const all = new Map(labels);
      if (suffix === "_bucket") all.set("le", new Set());
      series.set(`${underscored(metric.descriptor.name)}${unitOf(metric)}${suffix}`, all);
    }
  }
  return series;
}

function unitOf({ descriptor: { unit } }: MetricData): string {
  // What stands in braces is an annotation, and no unit.
  const suffix = /^(?:\{.*\})?$/.test(unit) ? "" : UNITS[unit];
  if (suffix === undefined) throw new Error(`How Prometheus calls the unit ${unit} is not known here.`);
  return suffix;
}

function suffixesOf(metric: MetricData): string[] {
  if (metric.dataPointType === DataPointType.HISTOGRAM) return ["_bucket", "_count", "_sum"];
  return metric.dataPointType === DataPointType.SUM && metric.isMonotonic ? ["_total"] : [""];
}

function labelsOf({ dataPoints }: MetricData): Map<string, Set<string>> {
  const labels = new Map<string, Set<string>>();
  for (const { attributes } of dataPoints) {
    for (const [name, value] of Object.entries(attributes)) {
      const values = labels.get(underscored(name)) ?? new Set();
      labels.set(underscored(name), values.add(String(value)));
    }
  }
  return labels;
}

function underscored(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, "_");
}
