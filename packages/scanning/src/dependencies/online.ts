import { Refusal } from "@sluice/documents";
import { keyOf, type Package } from "@sluice/inventory";
import type { Clock } from "@sluice/ports";
import { type OsvRecord, readOsvRecord } from "@sluice/vulnerability";
import type { OsvAnswer } from "./source.ts";

export interface OnlineOptions {
  /** Base address of the API; https://api.osv.dev by default. */
  url?: string;
  /** How long one request may take; 20 by default. */
  timeoutSeconds?: number;
  /** How often a request is tried; 4 by default. */
  attempts?: number;
  /** Waits between attempts. */
  clock: Pick<Clock, "sleep">;
  signal?: AbortSignal;
}

/** Queries of one batch; the API takes 1,000 (https://google.github.io/osv.dev/post-v1-querybatch/). */
const batchSize = 1000;
const detailsAtOnce = 8;

/**
 * Asks an OSV API about packages: one batch of queries, then each record that was named.
 *
 * @throws Refusal `scan.osv-unavailable` when it does not answer, or not as the API does
 */
export async function lookUpOnline(packages: readonly Package[], options: OnlineOptions): Promise<OsvAnswer> {
  const base = (options.url ?? "https://api.osv.dev").replace(/\/+$/, "");
  const ids = new Map<string, string[]>();
  for (let start = 0; start < packages.length; start += batchSize) {
    await queryBatch(base, packages.slice(start, start + batchSize), ids, options);
  }
  const wanted = [...new Set([...ids.values()].flat())].sort();
  const records = new Map<string, OsvRecord>();
  const queue = [...wanted];
  const worker = async () => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const address = `${base}/v1/vulns/${encodeURIComponent(id)}`;
      const record = readOsvRecord(await request(address, { method: "GET" }, options));
      if (!record) throw unavailable(address, "the answer is no OSV record");
      records.set(id, record);
    }
  };
  await Promise.all(Array.from({ length: Math.min(detailsAtOnce, wanted.length) }, worker));
  return {
    records: new Map([...ids].map(([key, found]) => [key, found.map((id) => records.get(id)!)])),
    isMatched: true,
    source: base,
  };
}

interface BatchAnswer {
  results?: ({ vulns?: { id?: unknown }[]; next_page_token?: string } | null)[];
}

async function queryBatch(
  base: string,
  packages: readonly Package[],
  ids: Map<string, string[]>,
  options: OnlineOptions,
): Promise<void> {
  const address = `${base}/v1/querybatch`;
  let pending = packages.map((entry) => ({ entry, token: undefined as string | undefined }));
  while (pending.length > 0) {
    const body = JSON.stringify({
      queries: pending.map(({ entry: { ecosystem, name, version }, token }) => ({
        package: { ecosystem, name },
        version,
        ...(token ? { page_token: token } : {}),
      })),
    });
    const headers = { "content-type": "application/json" };
    const answer = (await request(address, { method: "POST", headers, body }, options)) as BatchAnswer | null;
    if (answer?.results?.length !== pending.length) {
      throw unavailable(
        address,
        `${pending.length} questions have ${answer?.results?.length ?? "no"} answers`,
      );
    }
    const next: typeof pending = [];
    answer.results.forEach((result, index) => {
      const { entry, token } = pending[index]!;
      for (const { id } of result?.vulns ?? []) {
        if (typeof id !== "string") throw unavailable(address, "a vulnerability has no id");
        ids.set(keyOf(entry), [...(ids.get(keyOf(entry)) ?? []), id]);
      }
      if (result?.next_page_token && result.next_page_token === token)
        throw unavailable(address, "a page follows itself");
      if (result?.next_page_token) next.push({ entry, token: result.next_page_token });
    });
    pending = next;
  }
}

/** One request, tried again after an outage, a time-out, 429 and 5xx; a `Retry-After` of up to a minute is heeded. */
async function request(address: string, init: RequestInit, options: OnlineOptions): Promise<unknown> {
  const { attempts = 4, timeoutSeconds = 20, clock, signal } = options;
  let reason = "";
  for (let attempt = 1; attempt <= attempts; attempt++) {
    let delay = 500 * 2 ** (attempt - 1);
    try {
      const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
      const response = await fetch(address, {
        ...init,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      if (response.ok) return await response.json();
      await response.body?.cancel();
      reason = `status ${response.status}`;
      if (response.status !== 429 && response.status < 500) break;
      const after = Number(response.headers.get("retry-after"));
      if (after > 0) delay = Math.min(after, 60) * 1000;
    } catch (error) {
      signal?.throwIfAborted();
      reason = describe(error as Error);
      if (error instanceof SyntaxError) reason = "the answer is not JSON";
    }
    if (attempt < attempts) await clock.sleep(delay, signal);
  }
  throw unavailable(address, reason);
}

const describe = (error: Error): string =>
  error.name === "TimeoutError"
    ? "no answer in time"
    : ((error.cause as Error | undefined)?.message ?? error.message);

const unavailable = (address: string, reason: string): Refusal =>
  new Refusal({
    reasonCode: "scan.osv-unavailable",
    message: `The source of vulnerabilities at ${address} did not answer as it should: ${reason}.`,
    remedy: "Run the scan again, or give it a folder of OSV records so that it needs no network.",
  });
