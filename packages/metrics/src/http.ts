import { MetricsAway } from "@sluice/ports";

/**
 * The body of a page that answers well.
 *
 * @throws MetricsAway when nobody answers in time, or with another status than 2xx; the reason of `signal` when that is aborted
 */
export async function readPage(
  url: string,
  { timeoutSeconds, accept, signal }: { timeoutSeconds: number; accept: string; signal?: AbortSignal },
): Promise<string> {
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    const response = await fetch(url, {
      headers: { Accept: accept },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const page = await response.text();
    if (!response.ok) throw new MetricsAway(url, `it answers with status ${response.status}`);
    return page;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof MetricsAway) throw error;
    const { cause } = error as { cause?: Error };
    const why = timeout.aborted
      ? `no answer in ${timeoutSeconds} s`
      : (cause?.message ?? (error as Error).message);
    throw new MetricsAway(url, why, { cause: error });
  }
}
