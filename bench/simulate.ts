import { DEFAULTS, type Parameters } from "./simulation/parameters.js";
import { runScenarios, scenarioTable } from "./simulation/report.js";

/** `npm run simulate`, or with figures of your own: `npm run simulate -- --users=50000 --processes=6`. */
const startedMs = performance.now();
console.log(scenarioTable(runScenarios(changesOf(process.argv.slice(2)))));
console.log(`\nSimulated in ${((performance.now() - startedMs) / 1000).toFixed(1)} s. No network was used.`);

function changesOf(args: readonly string[]): Partial<Parameters> {
  const known = Object.keys(DEFAULTS);
  const settings = args.map((arg) => {
    const [, name = "", value = ""] = /^--(\w+)=(.+)$/.exec(arg) ?? [];
    return { arg, name, value: Number(value) };
  });
  const wrong = settings.find(({ name, value }) => !known.includes(name) || !Number.isFinite(value));
  if (wrong !== undefined) {
    console.error(`${wrong.arg} is not --name=number. The names are: ${known.join(", ")}.`);
    process.exit(1);
  }
  return Object.fromEntries(settings.map(({ name, value }) => [name, value]));
}
