import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import autocannon from "autocannon";
import { ask } from "../traffic/exchange.ts";

/** A way to the same replica. */
export interface Way {
  name: string;
  url: string;
  /** Processes between the client and the replica. */
  pids: number[];
}

const path = "/?bytes=1024";

/** As many requests as go through, on some kept connections. `microseconds`: processor time of the way for each request. */
export async function throughput({ url, pids }: Way, connections: number, seconds: number) {
  const before = processorSeconds(pids);
  const { requests, errors, non2xx, duration } = await autocannon({
    url: url + path,
    connections,
    duration: seconds,
  });
  const after = processorSeconds(pids);
  const used = before === null || after === null ? null : after - before;
  return {
    perSecond: requests.total / duration,
    failed: errors + non2xx,
    microseconds: used === null || pids.length === 0 ? null : (used * 1e6) / requests.total,
  };
}

/** Milliseconds that requests take at a fixed rate, sorted. They are sent whether earlier ones were answered or not. */
export async function latencies({ url }: Way, rate: number, seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const port = Number(new URL(url).port);
  const under: Promise<number>[] = [];
  // The first requests make the connections.
  for (const isWarm of [false, true]) {
    const count = isWarm ? rate * seconds : rate;
    const start = performance.now();
    for (let sent = 0; sent < count; ) {
      const due = Math.min(count, ((performance.now() - start) / 1000) * rate);
      for (; sent < due; sent++) {
        const one = ask({ port, path, agent }).then(({ sentAt, answeredAt, failure }) => {
          if (failure) throw new Error(`a request failed: ${failure}`);
          return answeredAt - sentAt;
        });
        if (isWarm) under.push(one);
        else await one;
      }
      await sleep(1);
    }
  }
  const times = await Promise.all(under);
  agent.destroy();
  return times.sort((a, b) => a - b);
}

/** Value that a share of sorted values does not exceed. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;

export const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/** Processor time of processes, from /proc/<pid>/stat in ticks of 10 ms; null where there is none. */
function processorSeconds(pids: readonly number[]): number | null {
  if (process.platform !== "linux") return null;
  let ticks = 0;
  for (const pid of pids) {
    const line = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}
