import { parseArgs } from "node:util";
import { WORKLOAD_NAMES } from "./http/workloads.js";
import { FULL, QUICK, type Scale, SMOKE } from "./scale.js";

const REFUSED = ["garbage", "expired", "forged"] as const;
const SECTIONS = [...WORKLOAD_NAMES, "latency", "micro", "imports", "coldstart", "memory"] as const;
export type Section = (typeof SECTIONS)[number];

const USAGE = `npm run bench -- [--quick | --smoke] [--only ${SECTIONS.join(",")}] [--rounds n] [--slice ms] [--write] [--add] [--profile] [--no-build]
"bad" stands for ${REFUSED.join(",")}. The tables and plots in docs/ are written by a whole run, and by --write.
--add keeps the figures of the last run for what is not measured now.`;

/** What was asked for. */
export interface Options {
  readonly scale: Scale;
  readonly sections: ReadonlySet<Section>;
  /** Whether docs/ gets new tables and plots. */
  readonly writesDocs: boolean;
  /** Whether the sections that are not measured keep the figures of the run before. */
  readonly adds: boolean;
  /** Whether servers leave CPU profiles, which makes them slower: their figures are no results. */
  readonly profiles: boolean;
  /** Whether dist/ is made anew. */
  readonly builds: boolean;
}

/** @throws {Error} that shows what there is */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
      only: { type: "string" },
      rounds: { type: "string" },
      slice: { type: "string" },
      profile: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      add: { type: "boolean", default: false },
      "no-build": { type: "boolean", default: false },
    },
  });
  const scale = values.smoke ? SMOKE : values.quick ? QUICK : FULL;
  return {
    scale: {
      ...scale,
      rounds: numberOf(values.rounds, scale.rounds),
      latencyRounds: numberOf(values.rounds, scale.latencyRounds),
      sliceMs: numberOf(values.slice, scale.sliceMs),
    },
    sections: sectionsOf(values.only),
    writesDocs: !values.profile && (values.write || (scale === FULL && values.only === undefined)),
    adds: values.add,
    profiles: values.profile,
    builds: !values["no-build"],
  };
}

function sectionsOf(only: string | undefined): ReadonlySet<Section> {
  if (only === undefined) return new Set(SECTIONS);
  const names = only.split(",").flatMap((name) => (name === "bad" ? REFUSED : [name]));
  const isSection = (name: string): name is Section => SECTIONS.some((section) => section === name);
  const sections = names.filter(isSection);
  if (sections.length < names.length) throw new Error(USAGE);
  return new Set(sections);
}

function numberOf(text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(USAGE);
  return value;
}
