import type { Counters } from "@sluice/documents";

/**
 * Native histograms have buckets that grow by a constant factor, base = 2^(2^-scale), and no edges that stay: empty
 * buckets are left out, and the scale falls as values spread. The judge compares counts at the same edges over time
 * and between versions, so such a histogram is read at edges that every one of them has: powers of 2^(1/2), or those
 * of them that are edges of a coarser scale. Their counts are exact; nothing is interpolated.
 */

/** Scale of the edges: 1 is a factor of 2^(1/2) from edge to edge. */
const edgeScale = 1;
/** From about 1 ms to 64 s. */
const firstEdge = -20;
const lastEdge = 12;

/** One data point of an exponential histogram of OpenTelemetry, as OTLP has it (unit: seconds). */
export interface ExponentialDataPoint {
  scale: number;
  count: number;
  zeroCount: number;
  /** What is at most this, in seconds, is in `zeroCount`; 0 where it is left out. */
  zeroThreshold?: number;
  /** `bucketCounts[i]` is the count of (base^(offset+i), base^(offset+i+1)]. */
  positive: { offset: number; bucketCounts: readonly number[] };
  /** Latencies are never negative; what is here is refused. */
  negative?: { offset: number; bucketCounts: readonly number[] };
}

/**
 * A cumulative histogram as the judge compares it: the key is an edge in seconds, the value counts what is at most that.
 *
 * Source: opentelemetry.io/docs/specs/otel/metrics/data-model, "ExponentialHistogram" (buckets, and that a lower
 * scale merges neighbours exactly).
 *
 * @throws RangeError for counts that are negative or not numbers, and for negative latencies
 */
export function fromExponential(point: ExponentialDataPoint): Counters["latency"] {
  const { scale, count, zeroCount, zeroThreshold, positive, negative } = point;
  if (!Number.isInteger(scale)) throw new RangeError(`the scale of a histogram is ${scale}`);
  for (const value of [count, zeroCount, ...positive.bucketCounts]) checkCount(value);
  if (negative?.bucketCounts.some((value) => value !== 0))
    throw new RangeError("a latency histogram counts negative times");
  const buckets = positive.bucketCounts.map((value, i) => ({ index: positive.offset + i, count: value }));
  return cumulative(buckets, { scale, zeroCount, zeroThreshold, count });
}

/** A native histogram as Prometheus clients write it in protobuf, its counts absolute. */
export interface NativeHistogram {
  schema: number;
  count: number;
  /** What is at most this, in seconds, is in `zeroCount`. */
  zeroThreshold: number;
  zeroCount: number;
  /** Buckets next to one another: how far the first of them is from the last of the span before, and how many. */
  spans: readonly { offset: number; length: number }[];
  /** Count of each bucket of the spans; bucket `i` is (base^(i-1), base^i]. */
  counts: readonly number[];
}

/**
 * The same from a native histogram of a metrics page.
 * Source: prometheus.io/docs/specs/native_histograms, "Spans and deltas" and "Schema".
 *
 * @throws RangeError for a schema that is not a standard one (-4 to 8), counts that are negative or not numbers, and
 *   spans that do not fit to the counts
 */
export function fromNative(histogram: NativeHistogram): Counters["latency"] {
  const { schema, count, zeroThreshold, zeroCount, spans, counts } = histogram;
  if (!Number.isInteger(schema) || schema < -4 || schema > 8)
    throw new RangeError(`the schema of a histogram is ${schema}`);
  for (const value of [count, zeroCount, zeroThreshold, ...counts]) checkCount(value);
  const buckets: { index: number; count: number }[] = [];
  let index = 0;
  for (const { offset, length } of spans) {
    index += offset;
    if (length > counts.length - buckets.length)
      throw new RangeError("a histogram has more buckets in its spans than counts");
    for (let i = 0; i < length; i++, index++)
      buckets.push({ index: index - 1, count: counts[buckets.length]! });
  }
  if (buckets.length < counts.length)
    throw new RangeError("a histogram has more counts than buckets in its spans");
  return cumulative(buckets, { scale: schema, zeroCount, zeroThreshold, count });
}

/** A native histogram in an answer of the Prometheus HTTP API: `[rule, left, right, count]` for each bucket. */
export interface PrometheusHistogram {
  count: string | number;
  buckets?: readonly (readonly [rule: number, left: string, right: string, count: string])[];
}

/**
 * The same from a sample of the Prometheus HTTP API (key `histogram` of a result).
 * Source: prometheus.io/docs/prometheus/latest/querying/api, "Native histograms".
 *
 * @throws RangeError for counts that are negative or not numbers, for negative latencies, and for buckets that do not
 *   grow by one of the standard factors (histograms with custom buckets are classic ones)
 */
export function fromPrometheusHistogram({ count, buckets = [] }: PrometheusHistogram): Counters["latency"] {
  let zero = 0;
  let zeroThreshold = 0;
  let scale: number | null = null;
  const found: { index: number; count: number }[] = [];
  for (const [, left, right, value] of buckets) {
    const counted = checkCount(Number(value));
    const [from, to] = [Number(left), Number(right)];
    if (from <= 0 && to > 0) {
      zero += counted;
      zeroThreshold = to;
    } else if (to <= 0) {
      if (counted > 0) throw new RangeError("a latency histogram counts negative times");
    } else {
      const factor = Math.log2(to / from);
      const own = Math.round(-Math.log2(factor));
      if (!(Math.abs(2 ** -own - factor) < 1e-6 * factor) || (scale !== null && own !== scale))
        throw new RangeError(`the bucket from ${left} to ${right} is not one of a native histogram`);
      scale = own;
      found.push({ index: Math.round(Math.log2(to) / factor) - 1, count: counted });
    }
  }
  return cumulative(found, {
    scale: scale ?? edgeScale,
    zeroCount: zero,
    zeroThreshold,
    count: checkCount(Number(count)),
  });
}

function checkCount(value: number): number {
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`a histogram counts ${value}`);
  return value;
}

/**
 * The edges below the zero threshold are left out: how much of the zero bucket is below them nobody knows.
 *
 * @param buckets `index` i is what lies in (base^i, base^(i+1)]
 */
function cumulative(
  buckets: readonly { index: number; count: number }[],
  {
    scale,
    zeroCount,
    zeroThreshold = 0,
    count,
  }: Pick<ExponentialDataPoint, "scale" | "zeroCount" | "zeroThreshold" | "count">,
): Counters["latency"] {
  const latency: Counters["latency"] = {};
  // Edge 2^(k/2) is 2^(index/2^scale) for index = k * 2^(scale - edgeScale), where that is a whole number.
  for (let k = firstEdge; k <= lastEdge; k++) {
    const upTo = k * 2 ** (scale - edgeScale);
    const edge = 2 ** (k / 2 ** edgeScale);
    if (!Number.isInteger(upTo) || edge < zeroThreshold) continue;
    let within = zeroCount;
    for (const { index, count: counted } of buckets) if (index + 1 <= upTo) within += counted;
    latency[String(Number(edge.toPrecision(6)))] = within;
  }
  latency["+Inf"] = count;
  return latency;
}
