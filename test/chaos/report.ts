import type { Answer } from "./callers.js";

const WARM = new Set(["remembered", "renewing"]);

/** One line of the table: who saw what, and the slowest answer. */
export function lineOf(operation: string, fault: string, phase: string, answers: readonly Answer[]): string {
  const isWarm = ({ caller }: Answer) => WARM.has(caller);
  const warm = answers.filter(isWarm);
  const cold = answers.filter((answer) => !isWarm(answer));
  const slowest = `${slowestOf(warm)} / ${slowestOf(cold)} ms`;
  return `| ${[operation, fault, phase, summary(warm), summary(cold), slowest].join(" | ")} |`;
}

export const HEADINGS = [
  "| call | fault | phase | warm callers | cold callers | slowest warm / cold |",
  "| --- | --- | --- | --- | --- | --- |",
];

function slowestOf(answers: readonly Answer[]): string {
  return answers.length === 0 ? "-" : String(Math.round(Math.max(...answers.map(({ ms }) => ms))));
}

/** Callers by what they saw. */
function summary(answers: readonly Answer[]): string {
  const callers = new Map<string, Set<string>>();
  for (const { caller, status, code } of answers) {
    const seen = code === undefined ? String(status) : `${status} ${code}`;
    callers.set(seen, (callers.get(seen) ?? new Set()).add(caller));
  }
  return [...callers].map(([seen, who]) => `${seen} (${[...who].join(", ")})`).join("; ") || "-";
}
