import type { RateOf } from "../http/latency.js";
import type { WorkloadName } from "../http/workloads.js";
import type { Results } from "../results.js";
import type { Scale } from "../scale.js";
import { type Quartiles, ratiosOf } from "../statistics.js";
import type { VariantName } from "../variants.js";

/** Single figures out of all that was measured; undefined, or NaN, for what was not. */
export class Lookup {
  constructor(private readonly results: Results) {}

  get scale(): Scale {
    return this.results.scale;
  }

  /** Throughput of one as a share of another's: the median of slices next to each other. */
  share(workload: WorkloadName, challenger: VariantName, baseline: VariantName): Quartiles | undefined {
    const found = this.results.contests.find(
      (each) => each.workload === workload && each.challenger === challenger && each.baseline === baseline,
    );
    return found?.ratio;
  }

  /** In process: time of one as a multiple of another's: the median of batches next to each other. */
  times(candidate: string, other: string): Quartiles | undefined {
    const { [candidate]: one, [other]: reference } = this.results.microseconds;
    return one && reference && ratiosOf(one, reference);
  }

  p99(challenger: VariantName, rateOf: RateOf): Quartiles | undefined {
    const found = this.results.latency.find((each) => each.challenger === challenger && each.rateOf === rateOf);
    return found?.ratio;
  }

  imports(specifier: string, other: string): number {
    const millisecondsOf = (name: string) =>
      this.results.imports.find((each) => each.specifier === name)?.milliseconds.median ?? Number.NaN;
    return millisecondsOf(specifier) / millisecondsOf(other);
  }

  get kilobytesPerToken(): number {
    return (this.results.memory?.bytesPerToken ?? Number.NaN) / 1024;
  }

  get tokensFound(): number {
    return this.results.memory?.tokensFound ?? Number.NaN;
  }
}
