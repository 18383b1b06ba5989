import type { Counters } from "@sluice/documents";
import { fromNative } from "./exponential-histogram.ts";
import { delimited, type Message } from "./protobuf.ts";
import type { Sample } from "./text-format.ts";

/**
 * Reads a page in the protobuf format of Prometheus: messages `io.prometheus.client.MetricFamily`, each with its
 * length before it. It says what the text format would say, and besides what no text has: the buckets of native
 * histograms, as cumulative ones at the edges that all of them share. The numbers below are those of the fields.
 * Source: github.com/prometheus/client_model, io/prometheus/client/metrics.proto.
 *
 * @throws NotMetrics for bytes that are not such messages
 */
export function parseProtobufFormat(page: Uint8Array): Sample[] {
  const samples: Sample[] = [];
  for (const family of delimited(page)) {
    const name = family.text(1);
    for (const metric of family.messages(4)) samples.push(...samplesOf(name, metric));
  }
  return samples;
}

function samplesOf(name: string, metric: Message): Sample[] {
  const labels = Object.fromEntries(metric.messages(1).map((label) => [label.text(1), label.text(2)]));
  const sample = (suffix: string, value: number, more: Record<string, string> = {}): Sample => ({
    name: name + suffix,
    labels: { ...labels, ...more },
    value,
  });
  // A gauge, a counter and what has no type.
  const plain = [2, 3, 5].flatMap((field) => metric.messages(field));
  return [
    ...plain.map((one) => sample("", one.number(1))),
    ...metric
      .messages(4)
      .flatMap((summary) => [
        ...summary.messages(3).map((one) => sample("", one.number(2), { quantile: String(one.number(1)) })),
        sample("_sum", summary.number(2)),
        sample("_count", summary.number(1)),
      ]),
    ...metric
      .messages(7)
      .flatMap((histogram) => [
        ...Object.entries(bucketsOf(histogram)).map(([le, value]) => sample("_bucket", value, { le })),
        sample("_sum", histogram.number(2)),
        sample("_count", countOf(histogram, 1, 4)),
      ]),
  ];
}

/** A count; those of float histograms have a field of their own, which goes before the other. */
const countOf = (message: Message, whole: number, float: number): number =>
  message.number(float) > 0 ? message.number(float) : message.number(whole);

/** Cumulative counts by upper edge: the native ones and the classic ones, as a histogram can have both. */
function bucketsOf(histogram: Message): Counters["latency"] {
  const classic = histogram.messages(3).map((bucket) => {
    const edge = bucket.number(2);
    return [edge === Number.POSITIVE_INFINITY ? "+Inf" : String(edge), countOf(bucket, 1, 4)] as const;
  });
  return { ...nativeBuckets(histogram), ...Object.fromEntries(classic), "+Inf": countOf(histogram, 1, 4) };
}

/**
 * None for a classic histogram, nor for one that is not of times: another histogram of the service must not cost the
 * counters that are on the same page.
 */
function nativeBuckets(histogram: Message): Counters["latency"] {
  const isNative = histogram.has(12) || histogram.number(6) > 0 || countOf(histogram, 7, 8) > 0;
  if (!isNative || histogram.has(9)) return {};
  let last = 0;
  const whole = histogram.allSigned(13).map((delta) => (last += delta));
  try {
    return fromNative({
      schema: histogram.signed(5),
      count: countOf(histogram, 1, 4),
      zeroThreshold: histogram.number(6),
      zeroCount: countOf(histogram, 7, 8),
      spans: histogram.messages(12).map((span) => ({ offset: span.signed(1), length: span.number(2) })),
      counts: whole.length > 0 ? whole : histogram.allDoubles(14),
    });
  } catch (error) {
    if (error instanceof RangeError) return {};
    throw error;
  }
}
