import { svg, svgText } from "../svg.js";
import type { CallsRow } from "./calls.js";
import type { Way } from "./ways.js";

const WAYS: readonly Way[] = ["naive", "per process", "shared store"];
const OPERATIONS = [
  { name: "GetId", of: (row: CallsRow) => row.getId },
  { name: "GetCredentialsForIdentity", of: (row: CallsRow) => row.getCredentials },
];
const COLOURS = [
  { name: "naive", light: "#bc4c00", dark: "#f0883e" },
  { name: "per-process", light: "#8250df", dark: "#a371f7" },
  { name: "shared-store", light: "#1a7f37", dark: "#3fb950" },
];
const WIDTH = 760;
const LEFT = 190;
const RIGHT = 70;
const BAR = 16;
const GAP = 4;
const HEAD = 66;
const DECADES = 4;

/** Bars of calls per 10,000 requests, on a logarithmic scale. One file for light and dark. */
export function callsPlot(rows: readonly CallsRow[]): string {
  const fleets = [...new Set(rows.map(({ processes }) => processes))];
  const body: string[] = [];
  let y = HEAD;
  for (const { name, of } of OPERATIONS) {
    body.push(svgText(16, y + 12, name, "operation"));
    y += 24;
    const top = y;
    for (const processes of fleets) {
      for (const way of WAYS) {
        const row = rows.find((each) => each.way === way && each.processes === processes);
        if (row !== undefined) body.push(bar(y, way, of(row), processes));
        y += BAR + GAP;
      }
      y += 8;
    }
    body.unshift(grid(top - 4, y - 8));
    y += 18;
  }
  return svg({
    width: WIDTH,
    height: y + 6,
    title: "Calls to the identity pool per 10,000 requests",
    subtitle: "500 users, processes start with empty memory. Logarithmic scale: each line is ten times the one before.",
    description: describe(rows),
    colours: COLOURS,
    body,
  });
}

function bar(y: number, way: Way, calls: number, processes: number): string {
  const width = xOf(calls) - LEFT;
  const label = `${way}, ${processes} ${processes === 1 ? "process" : "processes"}`;
  return [
    svgText(LEFT - 8, y + 12, label, "label"),
    `  <rect class="${way.replace(" ", "-")}" x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
    svgText(LEFT + width + 6, y + 12, withCommas(calls), "value"),
  ].join("\n");
}

function grid(top: number, bottom: number): string {
  return Array.from({ length: DECADES + 1 }, (_, decade) => {
    const x = xOf(10 ** decade).toFixed(1);
    const tick = `  <text class="tick" x="${x}" y="${bottom + 12}">${withCommas(10 ** decade)}</text>`;
    return `  <line class="grid" x1="${x}" y1="${top}" x2="${x}" y2="${bottom}"/>\n${tick}`;
  }).join("\n");
}

/** One call is where the scale begins. */
function xOf(calls: number): number {
  return LEFT + (Math.log10(Math.max(1, calls)) / DECADES) * (WIDTH - LEFT - RIGHT);
}

function withCommas(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

function describe(rows: readonly CallsRow[]): string {
  return rows
    .map(
      ({ way, processes, getId, getCredentials }) =>
        `${way}, ${processes} process(es): ${withCommas(getId)} GetId and ${withCommas(getCredentials)} GetCredentialsForIdentity.`,
    )
    .join(" ");
}
