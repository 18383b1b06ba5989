import { NotMetrics, parseTextFormat, type Sample } from "./text-format.ts";

/** Which samples of a page belong to a counter: `orders_total{result="failed"}`. */
export interface Series {
  name: string;
  labels: Readonly<Record<string, string>>;
}

/**
 * Reads a series as a configuration writes it.
 *
 * @throws NotMetrics when it is not a name with labels
 */
export function parseSeries(text: string): Series {
  const [sample, ...others] = parseTextFormat(`${text} 0`);
  if (!sample || others.length > 0) throw new NotMetrics(`${text} is not a series`);
  return { name: sample.name, labels: sample.labels };
}

/**
 * Sum of all samples that match; null when there is none. A counter of several series (by status, by route) is their
 * sum. One that is not a number, infinite or negative makes the whole unknown.
 */
export function sumOf(samples: readonly Sample[], { name, labels }: Series): number | null {
  const wanted = Object.entries(labels);
  let sum: number | null = null;
  for (const sample of samples) {
    if (sample.name !== name || !wanted.every(([key, value]) => sample.labels[key] === value)) continue;
    if (!Number.isFinite(sample.value) || sample.value < 0) return null;
    sum = (sum ?? 0) + sample.value;
  }
  return sum;
}
