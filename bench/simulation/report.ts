import { markdownTable, numberText } from "../markdown-table.js";
import { DEFAULTS, FLEETS, type Parameters, SCENARIOS, type Way } from "./parameters.js";
import { type Result, simulate } from "./simulation.js";

/** One row of the table. */
export interface Run {
  readonly scenario: string;
  /** Undefined where it makes no difference. */
  readonly processes: number | undefined;
  readonly way: Way;
  readonly result: Result;
}

/** All scenarios, with parameters changed for all of them. */
export function runScenarios(changes: Partial<Parameters> = {}): Run[] {
  return SCENARIOS.flatMap((scenario) =>
    scenario.ways.flatMap((way) => {
      const fleets = way === "naive" || changes.processes !== undefined ? [changes.processes] : FLEETS;
      return fleets.map((processes) => ({
        scenario: scenario.name,
        processes,
        way,
        result: simulate(way, { ...scenario.changes, ...changes, processes: processes ?? DEFAULTS.processes }),
      }));
    }),
  );
}

const HEADERS = [
  "Scenario",
  "Way",
  "Processes",
  "GetId/s mean",
  "peak",
  "minutes over quota",
  "GetCredentials/s mean",
  "peak",
  "minutes over quota",
  "Answered 503",
  "Retry-After, longest",
  "Users never served",
  "Store reads/s peak",
];

/** The table of docs/scaling.md. */
export function scenarioTable(runs: readonly Run[]): string {
  return markdownTable(HEADERS, runs.map(rowOf));
}

function rowOf({ scenario, processes, way, result }: Run): string[] {
  const { getId, getCredentials, refused, requests, parameters, storeReads, longestRetryAfter, neverServed } = result;
  const percent = refused.total === 0 ? "0" : `${numberText((100 * refused.total) / requests.total)} %`;
  return [
    scenario,
    way,
    processes === undefined ? "any" : String(processes),
    numberText(getId.mean),
    numberText(getId.peak),
    String(getId.minutesAbove(parameters.getIdQuota)),
    numberText(getCredentials.mean),
    numberText(getCredentials.peak),
    String(getCredentials.minutesAbove(parameters.assumedGetCredentialsQuota)),
    percent,
    longestRetryAfter === 0 ? "–" : `${longestRetryAfter} s`,
    numberText(neverServed),
    way === "shared store" ? numberText(storeReads.peak) : "–",
  ];
}
