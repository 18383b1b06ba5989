import { MetricsAway } from "@sluice/ports";

/** What a page answers. */
export interface Page {
  /** Its media type with parameters, in small letters; empty where it names none. */
  type: string;
  bytes: Uint8Array;
}

export const textOf = ({ bytes }: Page): string => new TextDecoder().decode(bytes);

/**
 * A page that answers well.
 *
 * @throws MetricsAway when nobody answers in time, or with another status than 2xx; the reason of `signal` when that is aborted
 */
export async function readPage(
  url: string,
  { timeoutSeconds, accept, signal }: { timeoutSeconds: number; accept: string; signal?: AbortSignal },
): Promise<Page> {
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    const response = await fetch(url, {
      headers: { Accept: accept },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) throw new MetricsAway(url, `it answers with status ${response.status}`);
    return { type: response.headers.get("content-type")?.toLowerCase() ?? "", bytes };
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
