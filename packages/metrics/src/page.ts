import { MetricsAway } from "@sluice/ports";
import { type Page, readPage, textOf } from "./http.ts";
import { parseProtobufFormat } from "./protobuf-format.ts";
import { NotMetrics, parseTextFormat, type Sample } from "./text-format.ts";

const protobuf = "application/vnd.google.protobuf";

/**
 * Protobuf first, as native histograms are in nothing else; whoever does not have it answers with text.
 * Source: prometheus.io/docs/instrumenting/content_negotiation.
 */
const accept = [
  `${protobuf};proto=io.prometheus.client.MetricFamily;encoding=delimited`,
  "text/plain;version=0.0.4;q=0.5",
  "*/*;q=0.1",
].join(",");

/**
 * What a metrics page says.
 *
 * @throws MetricsAway when it does not answer in time, or not with metrics
 */
export async function readSamples(
  url: string,
  timeoutSeconds: number,
  signal?: AbortSignal,
): Promise<Sample[]> {
  const page = await readPage(url, { timeoutSeconds, accept, signal });
  try {
    return samplesIn(page);
  } catch (error) {
    if (!(error instanceof NotMetrics)) throw error;
    throw new MetricsAway(url, `it is not a metrics page: ${error.message}`, { cause: error });
  }
}

function samplesIn(page: Page): Sample[] {
  if (!page.type.startsWith(protobuf)) return parseTextFormat(textOf(page));
  const encoding = /;\s*encoding="?([^";\s]+)/.exec(page.type)?.[1] ?? "delimited";
  if (encoding !== "delimited")
    throw new NotMetrics(`protobuf in the encoding ${encoding} was not asked for`);
  return parseProtobufFormat(page.bytes);
}
