import type { Clock } from "@sluice/ports";

/** What Octokit throws when the API answers with an error, as far as it matters here. */
export interface ApiError extends Error {
  status: number;
  response?: { headers: Record<string, string | number | undefined>; data?: unknown };
}

export const isApiError = (error: unknown): error is ApiError =>
  error instanceof Error && typeof (error as Partial<ApiError>).status === "number";

/** How often a call is tried in all. */
const ATTEMPTS = 5;
/** No single wait is longer than this; a limit that lasts longer is reported instead. */
const LONGEST_WAIT_SECONDS = 120;

/** How long somebody who is in a hurry waits, in seconds: for one more attempt. */
const HURRIED_SECONDS = 2;

export interface Patience {
  clock: Clock;
  /** Ends the waiting and the call. */
  signal?: AbortSignal | undefined;
  /** How long one call may wait in all, in seconds. */
  patienceSeconds?: number | undefined;
  /**
   * From then on there is little time, as in a run that is cancelled and has the traffic to put back: a wait ends at
   * once, the call is made once more, and its failure counts.
   */
  hurry?: AbortSignal | undefined;
}

/**
 * Repeats a call that failed for a passing reason: no connection, 5xx, or a rate limit that says when to come
 * back. Waits double from one second. Every other answer is the caller's to understand, and is thrown at once.
 *
 * An own loop and not a plugin, because whoever waits takes a `Clock` and stops with the `signal`.
 */
export async function retrying<T>(call: () => T | Promise<T>, patience: Patience): Promise<T> {
  const { clock, signal, hurry, patienceSeconds = Number.POSITIVE_INFINITY } = patience;
  let waited = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (signal?.aborted || !isApiError(error) || attempt === ATTEMPTS) throw error;
      const seconds = waitBeforeRetry(error, attempt, clock.now());
      if (seconds === null || seconds > LONGEST_WAIT_SECONDS) throw error;
      waited += seconds;
      if (waited > (hurry?.aborted ? Math.min(patienceSeconds, HURRIED_SECONDS) : patienceSeconds))
        throw error;
      await pause(seconds, patience);
    }
  }
}

async function pause(seconds: number, { clock, signal, hurry }: Patience): Promise<void> {
  // Whoever is in a hurry already has been told how long to wait.
  const ends = [signal, hurry?.aborted ? undefined : hurry].filter((each) => each !== undefined);
  try {
    await clock.sleep(seconds * 1000, ends.length > 0 ? AbortSignal.any(ends) : undefined);
  } catch (reason) {
    if (!hurry?.aborted || signal?.aborted) throw reason;
  }
}

/**
 * Seconds to wait before a call is made again, or null when repeating cannot help.
 * Source: "Best practices for using the REST API", section "Handle rate limit errors appropriately".
 *
 * @param now milliseconds since 1970
 */
export function waitBeforeRetry(error: ApiError, attempt: number, now: number): number | null {
  const headers = error.response?.headers ?? {};
  const retryAfter = Number(headers["retry-after"]);
  const isLimited = error.status === 429 || (error.status === 403 && isRateLimit(error));
  if (isLimited) {
    if (Number.isFinite(retryAfter) && retryAfter >= 0) return retryAfter;
    if (String(headers["x-ratelimit-remaining"]) === "0") {
      return Math.max(0, Number(headers["x-ratelimit-reset"]) - now / 1000);
    }
    return 60 * 2 ** (attempt - 1);
  }
  // Octokit gives a connection that broke the status 500.
  if (error.status >= 500) return Number.isFinite(retryAfter) ? retryAfter : 2 ** (attempt - 1);
  return null;
}

function isRateLimit(error: ApiError): boolean {
  const headers = error.response?.headers ?? {};
  return (
    headers["retry-after"] !== undefined ||
    String(headers["x-ratelimit-remaining"]) === "0" ||
    /secondary rate limit/i.test(error.message)
  );
}
