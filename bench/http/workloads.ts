import type { Scale } from "../scale.js";
import { authenticates, bareOf, isStudy, takesIdTokens, VARIANT_NAMES, type VariantName } from "../variants.js";
import type { Traffic } from "./traffic.js";

/** Two servers under the same load, in turn. */
export interface Contest {
  readonly challenger: VariantName;
  readonly baseline: VariantName;
  readonly traffic: Traffic;
  readonly connections: number;
  /** A slice is so many requests, however long they take. */
  readonly requests?: number;
  /** Whether the load sleeps while it waits for answers, as most clients do: then answering costs waking it. */
  readonly sleeps?: boolean;
  /** It takes part in one round of so many. */
  readonly oneIn?: number;
  /** What sets contests of one workload apart, where the names do not. */
  readonly label?: string;
}

export interface Workload {
  readonly name: WorkloadName;
  readonly title: string;
  readonly contests: readonly Contest[];
}

export const WORKLOAD_NAMES = [
  "hot",
  "sleeping",
  "cold",
  "mixed",
  "garbage",
  "expired",
  "forged",
  "eager",
  "growth",
  "threads",
] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

const CONNECTIONS = 32;
/** Others are compared with them, or they with one other. */
const APART: ReadonlySet<VariantName> = new Set([
  "express-bare",
  "express-least-kept",
  "koa-bare",
  "koa-least-cold",
  "koa-least-judged",
]);
const ALL = VARIANT_NAMES.filter((name) => !APART.has(name) && !takesIdTokens(name) && !isStudy(name));
/** Those that a target names. */
const NAMED: readonly VariantName[] = [
  "express-ours",
  "express-by-hand",
  "koa-ours",
  "koa-ours-handled",
  "koa-by-hand",
];

/** Everything that is measured over HTTP. */
export function workloadsOf(scale: Scale): readonly Workload[] {
  const hot = { tokens: "good", repeated: scale.hotTokens } as const;
  const cold = { tokens: "good", repeated: 0, newEvery: 1 } as const;
  const others = (scale.allPeers ? ALL : NAMED).filter(authenticates);
  const refused = (tokens: "garbage" | "expired" | "forged"): readonly Contest[] => {
    const repeated = tokens === "expired" ? scale.expiredTokens : scale.forgedTokens;
    return others.filter((name) => name !== "express-ours-uncached").map(toBare({ tokens, repeated }));
  };
  return [
    {
      name: "hot",
      title: `Hot: ${scale.hotTokens} tokens in turn`,
      contests: [
        ...(scale.allPeers ? ALL : NAMED).map(toBare(hot)),
        contest("express-ours", "express-no-op", hot),
        contest("express-least", "express-no-op", hot),
        contest("express-ours", "express-oauth2-jwt-bearer", hot),
        contest("koa-ours", "koa-by-hand", hot),
        contest("koa-ours-handled", "koa-by-hand", hot),
        contest("koa-least", "koa-by-hand", hot),
      ],
    },
    {
      name: "sleeping",
      title: "Hot, under a load that sleeps while it waits",
      contests: scale.allPeers ? sleeping(hot) : [],
    },
    {
      name: "cold",
      title: "Cold: every token is new to the server",
      contests: [
        ...others.map(toBare(cold)),
        contest("koa-ours", "koa-by-hand", cold),
        contest("koa-ours-handled", "koa-by-hand", cold),
        contest("koa-least-cold", "koa-by-hand", cold),
        contest("koa-least-judged", "koa-by-hand", cold),
      ],
    },
    { name: "mixed", title: "Mixed: 95 % hot, 5 % cold", contests: others.map(toBare({ ...hot, newEvery: 20 })) },
    { name: "garbage", title: "Refused: garbage", contests: refused("garbage") },
    { name: "expired", title: "Refused: expired", contests: refused("expired") },
    { name: "forged", title: "Refused: forged signature", contests: refused("forged") },
    { name: "eager", title: `Eager credentials: ${scale.idTokens} users, hot`, contests: eager(scale) },
    { name: "growth", title: "Growth: more users, more connections", contests: growth(scale) },
    {
      name: "threads",
      title: "Verifying in the thread pool, with both cores, against verifying where requests are served",
      contests: [
        { ...contest("express-verify-pool", "express-verify-inline", cold), label: "every token new" },
        { ...contest("express-verify-pool", "express-verify-inline", { ...hot, newEvery: 20 }), label: "5 % new" },
      ],
    },
  ];
}

function sleeping(hot: Traffic): readonly Contest[] {
  const contests = [
    contest("express-ours", "express-no-op", hot),
    contest("express-least", "express-no-op", hot),
    contest("koa-ours", "koa-bare", hot),
    contest("koa-least", "koa-bare", hot),
    contest("koa-ours", "koa-by-hand", hot),
  ];
  return contests.map((each) => ({ ...each, sleeps: true }));
}

function eager({ idTokens }: Scale): readonly Contest[] {
  const hot = { tokens: "id", repeated: idTokens } as const;
  return [
    toBare(hot)("express-ours-id"),
    toBare(hot)("express-ours-eager"),
    contest("express-ours-eager", "express-ours-id", hot),
  ];
}

function growth({ growthTokens, growthConnections, hotTokens, overflowTokens }: Scale): readonly Contest[] {
  const of = (repeated: number): Traffic => ({ tokens: "good", repeated });
  return [
    ...growthTokens.map((count) => ({ ...toBare(of(count))("express-ours"), label: `${count} users` })),
    ...growthConnections.map((connections) => ({
      ...contest("express-ours", "express-bare", of(hotTokens), connections),
      label: `${connections} ${connections === 1 ? "connection" : "connections"}`,
    })),
    {
      ...contest("express-ours", "express-ours-uncached", of(overflowTokens)),
      label: `${overflowTokens} users`,
      // A whole turn: tokens that the cache holds come one after the other, and those that it does not hold as well.
      requests: overflowTokens,
      oneIn: 3,
    },
  ];
}

function toBare(traffic: Traffic): (challenger: VariantName) => Contest {
  return (challenger) => contest(challenger, bareOf(challenger), traffic);
}

function contest(
  challenger: VariantName,
  baseline: VariantName,
  traffic: Traffic,
  connections: number = CONNECTIONS,
): Contest {
  return { challenger, baseline, traffic, connections };
}
