import type { ContestResult } from "../http/contests.js";
import { workloadsOf } from "../http/workloads.js";
import { markdownTable, numberText } from "../markdown-table.js";
import type { Results } from "../results.js";
import { frameworkOf, VARIANTS, type VariantName } from "../variants.js";
import { ratioText, withCommas } from "./numbers.js";

/** Below this share of its time the server had to wait for the load, and it is the load that was measured. */
const BUSY = 0.9;

/** All tables of what was measured, each under its heading. */
export function tablesOf(results: Results): string {
  return [...contestTables(results), ...latencyTable(results), ...otherTables(results)].join("\n\n");
}

function contestTables({ contests, scale }: Results): string[] {
  return workloadsOf(scale).flatMap(({ name, title }) => {
    const of = contests.filter(({ workload }) => workload === name);
    return of.length === 0 ? [] : [`### ${title}`, contestTable(of)];
  });
}

function contestTable(contests: readonly ContestResult[]): string {
  const hasLabels = contests.some(({ label }) => label !== undefined);
  const rows = contests.map(
    ({ challenger, baseline, label, ratio, requestsPerSecond, cpuMicroseconds, serverBusy }) => [
      titleOf(challenger),
      titleOf(baseline),
      ...(hasLabels ? [label ?? ""] : []),
      `${ratioText(ratio)}${serverBusy < BUSY ? " (servers waited)" : ""}`,
      `${withCommas(requestsPerSecond.challenger)} / ${withCommas(requestsPerSecond.baseline)}`,
      `${cpuMicroseconds.challenger.toFixed(1)} / ${cpuMicroseconds.baseline.toFixed(1)}`,
    ],
  );
  const label = hasLabels ? ["Load"] : [];
  return markdownTable(["What", "Against", ...label, "Throughput, ratio", "Requests/s", "CPU, µs a request"], rows);
}

function latencyTable({ latency }: Results): string[] {
  if (latency.length === 0) return [];
  const rows = latency.map(({ challenger, baseline, rateOf, rate, p50, p99, ratio }) => [
    titleOf(challenger),
    rateOf === "own" ? "its own" : "that of bare",
    `${withCommas(rate.challenger)} / ${withCommas(rate.baseline)}`,
    `${p50.challenger.toFixed(2)} / ${p50.baseline.toFixed(2)}`,
    `${p99.challenger.toFixed(2)} / ${p99.baseline.toFixed(2)}`,
    `${ratioText(ratio)} of ${VARIANTS[baseline].title}`,
  ]);
  const headers = ["What", "At 0.7 of", "Requests/s", "p50: this / that, ms", "p99: this / that, ms", "p99, ratio"];
  return ["### Latency at 0.7 of saturation", markdownTable(headers, rows)];
}

function otherTables({ microseconds, imports, coldStarts, memory }: Results): string[] {
  const sections: string[] = [];
  const calls = Object.entries(microseconds);
  if (calls.length > 0) {
    const rows = calls.map(([name, { low, median, high }]) => [
      name,
      median.toFixed(2),
      `${low.toFixed(2)} to ${high.toFixed(2)}`,
    ]);
    sections.push("### In process", markdownTable(["One token", "µs", "Quartiles"], rows));
  }
  if (imports.length > 0) {
    const rows = imports.map(({ specifier, milliseconds, megabytes }) => [
      `\`import "${specifier}"\``,
      milliseconds.median.toFixed(1),
      `${milliseconds.low.toFixed(1)} to ${milliseconds.high.toFixed(1)}`,
      numberText(megabytes),
    ]);
    sections.push("### Imports", markdownTable(["In a new process", "ms", "Quartiles", "MB"], rows));
  }
  if (coldStarts !== undefined) {
    const steps = [...new Set(Object.values(coldStarts).flatMap((each) => Object.keys(each)))];
    const rows = Object.entries(coldStarts).map(([way, each]) => [
      way === "by hand" ? "aws-jwt-verify by hand, its keys given" : way,
      ...steps.map((step) => each[step]?.toFixed(1) ?? "–"),
    ]);
    sections.push("### Cold start", markdownTable(["In a new process, ms", ...steps], rows));
  }
  if (memory !== undefined) {
    const { bytesPerToken, tokens, bytesPerUser, users, tokensFound, tokensLookedFor } = memory;
    const rows = [
      ["Heap for each cached token", `${withCommas(bytesPerToken)} bytes, of ${withCommas(tokens)}`],
      ["Heap for each user with eager credentials", `${withCommas(bytesPerUser)} bytes, of ${withCommas(users)}`],
      ["Bearer tokens found in a heap snapshot", `${tokensFound} of ${tokensLookedFor} looked for`],
    ];
    sections.push("### Memory", markdownTable(["What", "Measured"], rows));
  }
  return sections;
}

function titleOf(name: VariantName): string {
  const { title, kind } = VARIANTS[name];
  return kind === "bare" ? title : `${frameworkOf(name)}: ${title}`;
}
