import type { Quartiles } from "../statistics.js";
import { svg, svgText } from "../svg.js";
import type { Variant } from "../variants.js";

/** A bar: how much of bare throughput is left. */
export interface RatioBar {
  readonly label: string;
  readonly ratio: Quartiles;
  readonly kind: Variant["kind"];
}

export interface RatioPlot {
  readonly title: string;
  readonly subtitle: string;
  readonly groups: readonly { readonly name: string; readonly bars: readonly RatioBar[] }[];
}

const WIDTH = 760;
const LEFT = 264;
const RIGHT = 60;
const BAR = 16;
const GAP = 4;
const HEAD = 66;
const TICK = 0.2;
const COLOURS = [
  { name: "ours", light: "#1a7f37", dark: "#3fb950" },
  { name: "peer", light: "#8250df", dark: "#a371f7" },
  { name: "bare", light: "#8c959f", dark: "#6e7681" },
];
const STYLE = `    .whisker { stroke: #24292f; stroke-width: 1.5; }
    .whole { stroke: #57606a; stroke-dasharray: 3 3; }
    @media (prefers-color-scheme: dark) { .whisker { stroke: #e6edf3; } }
`;

/** Bars of medians with their quartiles as whiskers. */
export function ratioPlot({ title, subtitle, groups }: RatioPlot): string {
  const all = groups.flatMap(({ bars }) => bars);
  const max = Math.ceil(Math.max(1, ...all.map(({ ratio }) => ratio.high)) / TICK) * TICK;
  const xOf = (ratio: number) => LEFT + (ratio / max) * (WIDTH - LEFT - RIGHT);
  const body: string[] = [];
  let y = HEAD;
  for (const { name, bars } of groups) {
    body.push(svgText(16, y + 12, name, "operation"));
    y += 24;
    const top = y;
    const drawn = bars.map((bar, index) => drawBar(bar, top + index * (BAR + GAP), xOf));
    y += bars.length * (BAR + GAP);
    body.push(grid(top - 4, y, max, xOf), ...drawn);
    y += 26;
  }
  const description = groups.map(describe).join(" ");
  return svg({ width: WIDTH, height: y, title, subtitle, description, colours: COLOURS, body, style: STYLE });
}

function drawBar({ label, ratio, kind }: RatioBar, y: number, xOf: (ratio: number) => number): string {
  const middle = y + BAR / 2;
  const [low, median, high] = [xOf(ratio.low), xOf(ratio.median), xOf(ratio.high)];
  return [
    svgText(LEFT - 8, y + 12, label, "label"),
    `  <rect class="${kind}" x="${LEFT}" y="${y}" width="${(median - LEFT).toFixed(1)}" height="${BAR}" rx="2"/>`,
    `  <line class="whisker" x1="${low.toFixed(1)}" y1="${middle}" x2="${high.toFixed(1)}" y2="${middle}"/>`,
    svgText(Math.max(median, high) + 6, y + 12, ratio.median.toFixed(2), "value"),
  ].join("\n");
}

function grid(top: number, bottom: number, max: number, xOf: (ratio: number) => number): string {
  return Array.from({ length: Math.round(max / TICK) + 1 }, (_, index) => {
    const ratio = index * TICK;
    const x = xOf(ratio).toFixed(1);
    const name = Math.abs(ratio - 1) < TICK / 2 ? "whole" : "grid";
    const tick = svgText(Number(x), bottom + 12, ratio.toFixed(1), "tick");
    return `  <line class="${name}" x1="${x}" y1="${top}" x2="${x}" y2="${bottom}"/>\n${tick}`;
  }).join("\n");
}

function describe({ name, bars }: RatioPlot["groups"][number]): string {
  return `${name}: ${bars.map(({ label, ratio }) => `${label} ${ratio.median.toFixed(2)}`).join(", ")}.`;
}
