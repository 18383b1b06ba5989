import type { Counters } from "@sluice/documents";
import { randomFrom } from "@sluice/testing/random";

const EDGES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Counters of a version that answers `rate` requests per second. */
export class Version {
  requests = 0;
  errors = 0;
  private readonly buckets: number[] = EDGES.map(() => 0);
  private readonly random: () => number;
  private readonly errorRatio: number;
  private readonly median: number;

  constructor(seed: number, errorRatio: number, medianSeconds: number) {
    this.random = randomFrom(seed);
    this.errorRatio = errorRatio;
    this.median = medianSeconds;
  }

  serve(rate: number): void {
    for (let i = 0; i < rate; i++) {
      this.requests++;
      if (this.random() < this.errorRatio) this.errors++;
      const normal = Math.sqrt(-2 * Math.log(this.random() + 1e-12)) * Math.cos(2 * Math.PI * this.random());
      const seconds = this.median * Math.exp(0.6 * normal);
      EDGES.forEach((edge, index) => {
        if (seconds <= edge) this.buckets[index]!++;
      });
    }
  }

  get counters(): Counters {
    const latency = Object.fromEntries(EDGES.map((edge, index) => [String(edge), this.buckets[index]!]));
    return { requests: this.requests, errors: this.errors, latency: { ...latency, "+Inf": this.requests } };
  }
}
