import { cpus } from "node:os";
import { markdownTable, numberText } from "../markdown-table.js";
import type { CallsRow } from "./calls.js";
import type { LatencyRow } from "./latency.js";
import type { MemoryRow } from "./memory.js";
import type { SdkClientsRow } from "./sdk-clients.js";

export function callsTable(rows: readonly CallsRow[]): string {
  return markdownTable(
    ["Way", "Processes", "GetId", "GetCredentialsForIdentity", "Requests made"],
    rows.map(({ way, processes, getId, getCredentials, requests }) => [
      way,
      String(processes),
      numberText(getId),
      numberText(getCredentials),
      requests === 10_000 ? "10,000" : `${numberText(requests)}, scaled up`,
    ]),
  );
}

export function latencyTable(rows: readonly LatencyRow[]): string {
  return markdownTable(
    ["Added by credentials", "p50, ms", "p99, ms", "Requests"],
    rows.map(({ what, p50, p99, requests }) => [what, p50.toFixed(3), p99.toFixed(3), numberText(requests)]),
  );
}

export function sdkClientsTable(rows: readonly SdkClientsRow[]): string {
  return markdownTable(
    ["SDK clients", "µs for each request"],
    rows.map(({ what, microseconds }) => [what, numberText(microseconds)]),
  );
}

export function memoryTable(rows: readonly MemoryRow[]): string {
  return markdownTable(
    ["Where", "Bytes for each user"],
    rows.map(({ where, bytes }) => [where, numberText(bytes)]),
  );
}

/** Where and when the figures were measured. */
export function machineFacts(): string {
  const [{ model = "unknown" } = {}] = cpus();
  const when = new Date().toISOString().slice(0, 10);
  return `${when}, Node ${process.version}, ${cpus().length} cores (${model.trim()}), ${process.platform} ${process.arch}, LocalCognito and Redis on loopback`;
}
