import type { ContestResult } from "../http/contests.js";
import type { WorkloadName } from "../http/workloads.js";
import type { Results } from "../results.js";
import { bareOf, VARIANTS } from "../variants.js";
import { type RatioBar, type RatioPlot, ratioPlot } from "./ratio-plot.js";

const SUBTITLE = "Throughput as a share of the bare framework's. Medians of paired slices, with quartiles.";
const FRAMEWORKS = [
  { framework: "express", name: "Express 5" },
  { framework: "koa", name: "Koa 3" },
] as const;

/** Drawings by file name; none for what was not measured. */
export function plotsOf({ contests }: Results): ReadonlyMap<string, string> {
  const toBare = contests.filter(({ challenger, baseline }) => baseline === bareOf(challenger));
  const plots: Record<string, RatioPlot> = {
    "bench-hot.svg": { title: "Hot tokens", subtitle: SUBTITLE, groups: byFramework(toBare, ["hot"]) },
    "bench-cold.svg": { title: "Every token new", subtitle: SUBTITLE, groups: byFramework(toBare, ["cold"]) },
    "bench-mixed.svg": { title: "19 of 20 tokens hot", subtitle: SUBTITLE, groups: byFramework(toBare, ["mixed"]) },
    "bench-refused.svg": {
      title: "Tokens that are refused",
      subtitle: `${SUBTITLE} Bare answers 200.`,
      groups: byFramework(toBare, ["garbage", "expired", "forged"]),
    },
    "bench-growth.svg": { title: "More users, more connections", subtitle: SUBTITLE, groups: growth(toBare) },
  };
  const drawn = Object.entries(plots).filter(([, { groups }]) => groups.length > 0);
  return new Map(drawn.map(([file, plot]) => [file, ratioPlot(plot)]));
}

function byFramework(contests: readonly ContestResult[], workloads: readonly WorkloadName[]): RatioPlot["groups"] {
  const groups = workloads.flatMap((workload) =>
    FRAMEWORKS.map(({ framework, name }) => ({
      name: workloads.length === 1 ? name : `${name}: ${workload}`,
      bars: contests
        .filter((each) => each.workload === workload && VARIANTS[each.challenger].framework === framework)
        .map((each) => barOf(each, VARIANTS[each.challenger].title)),
    })),
  );
  return groups.filter(({ bars }) => bars.length > 0);
}

function growth(contests: readonly ContestResult[]): RatioPlot["groups"] {
  const bars = contests.filter(({ workload }) => workload === "growth").map((each) => barOf(each, each.label ?? ""));
  return bars.length === 0 ? [] : [{ name: "Express 5: cognito-auth-session", bars }];
}

function barOf({ challenger, ratio }: ContestResult, label: string): RatioBar {
  return { label, ratio, kind: VARIANTS[challenger].kind };
}
