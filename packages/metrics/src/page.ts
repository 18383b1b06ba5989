import { MetricsAway } from "@sluice/ports";
import { readPage } from "./http.ts";
import { NotMetrics, parseTextFormat, type Sample } from "./text-format.ts";

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
  const page = await readPage(url, { timeoutSeconds, accept: "text/plain; version=0.0.4", signal });
  try {
    return parseTextFormat(page);
  } catch (error) {
    if (!(error instanceof NotMetrics)) throw error;
    throw new MetricsAway(url, `it is not a metrics page: ${error.message}`, { cause: error });
  }
}
