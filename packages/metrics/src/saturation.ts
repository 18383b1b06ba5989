import type { Sample } from "./text-format.ts";

/**
 * How much the replicas of a version use of what each may, in percent: `cpu` is the mean over the replicas since the
 * last look, `memory` that of the fullest one. From `process_cpu_seconds_total` and `process_resident_memory_bytes`,
 * which every client library of Prometheus writes.
 */
export class Saturation {
  readonly #limits: { cpuMillicores?: number; memoryBytes?: number };
  readonly #last = new Map<string, { at: number; seconds: number }>();

  constructor(limits: { cpuMillicores?: number; memoryBytes?: number }) {
    this.#limits = limits;
  }

  /**
   * @param pages samples of each replica
   * @param at    milliseconds since 1970
   */
  of(pages: ReadonlyMap<string, readonly Sample[]>, at: number): { cpu?: number; memory?: number } {
    const { cpuMillicores, memoryBytes } = this.#limits;
    const cpu: number[] = [];
    const memory: number[] = [];
    for (const [url, samples] of pages) {
      const seconds = singleValue(samples, "process_cpu_seconds_total");
      if (seconds !== null && cpuMillicores) {
        const last = this.#last.get(url);
        // A process that was started again has used less than before: its next look counts.
        if (last && at > last.at && seconds >= last.seconds)
          cpu.push((100 * (seconds - last.seconds)) / ((at - last.at) / 1000) / (cpuMillicores / 1000));
        this.#last.set(url, { at, seconds });
      }
      const bytes = singleValue(samples, "process_resident_memory_bytes");
      if (bytes !== null && memoryBytes) memory.push((100 * bytes) / memoryBytes);
    }
    return {
      ...(cpu.length > 0 ? { cpu: cpu.reduce((sum, value) => sum + value, 0) / cpu.length } : {}),
      ...(memory.length > 0 ? { memory: Math.max(...memory) } : {}),
    };
  }
}

/** The one value of a name; null when there is none, or several of which nobody knows which is meant. */
function singleValue(samples: readonly Sample[], wanted: string): number | null {
  const found = samples.filter(({ name }) => name === wanted);
  const value = found.length === 1 ? found[0]!.value : Number.NaN;
  return Number.isFinite(value) && value >= 0 ? value : null;
}
