/**
 * What the data plane of the local target costs: the same replica asked directly, through its entry, and through nginx
 * and HAProxy where they are installed (`scripts/bench/proxy/install.sh`). All ways take turns, so that what else
 * happens on the machine meets each of them.
 *
 *     npm run bench:proxy [-- --quick] [--seconds 5] [--rounds 3] [--connections 10] [--rate 500]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { environmentStatus } from "../../../packages/local/src/index.ts";
import { aligned } from "../../../packages/report/src/index.ts";
import { benchEnvironment } from "../traffic/environment.ts";
import { latencies, median, quantile, throughput, type Way } from "./measure.ts";
import { type ReverseProxy, startOthers } from "./others.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    seconds: { type: "string" },
    rounds: { type: "string" },
    connections: { type: "string", default: "10" },
    rate: { type: "string", default: "500" },
  },
});
const seconds = Number(values.seconds ?? (values.quick ? 2 : 5));
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const connections = Number(values.connections);
const rate = Number(values.rate);

const environment = await benchEnvironment();
const scratch = mkdtempSync(join(tmpdir(), "sluice-bench-"));
let proxies: ReverseProxy[] = [];
try {
  const entry = await environment.first("shop", environment.spec("v1"));
  const direct = (await environment.target.observe("shop")).versions[0]!.replicas[0]!.url!;
  const others = await startOthers(Number(new URL(direct).port), scratch);
  proxies = others.proxies;
  const { host } = await environmentStatus(environment.place);
  const ways: Way[] = [
    { name: "direct", url: direct, pids: [] },
    { name: "Sluice", url: entry, pids: host ? [host.pid] : [] },
    ...proxies,
  ];
  const seen = ways.map((way) => ({
    way,
    perSecond: [] as number[],
    microseconds: [] as number[],
    failed: 0,
    p50: [] as number[],
    p99: [] as number[],
  }));
  for (const { way } of seen) await throughput(way, connections, 1); // warm
  for (let round = 0; round < rounds; round++) {
    for (const row of seen) {
      const most = await throughput(row.way, connections, seconds);
      row.perSecond.push(most.perSecond);
      row.failed += most.failed;
      if (most.microseconds !== null) row.microseconds.push(most.microseconds);
    }
    for (const row of seen) {
      const times = await latencies(row.way, rate, seconds);
      row.p50.push(quantile(times, 0.5));
      row.p99.push(quantile(times, 0.99));
    }
  }

  console.log(
    `Node ${process.version}, ${availableParallelism()} cores, load average ${loadavg()[0]!.toFixed(1)}; medians of ${rounds} rounds of ${seconds} s, answers of 1 kB`,
  );
  console.log(
    `Most: ${connections} kept connections, each asks again at once. Latency: ${rate} requests/s.\n`,
  );
  const columns = ["way", "requests/s", "µs processor each", "p50 ms", "p99 ms", "failed"];
  const rows = seen.map(({ way, perSecond, microseconds, p50, p99, failed }) => [
    way.name,
    median(perSecond).toFixed(0),
    microseconds.length === 0 ? "" : median(microseconds).toFixed(0),
    median(p50).toFixed(2),
    median(p99).toFixed(2),
    String(failed),
  ]);
  console.log(aligned([columns, ...rows], [1, 2, 3, 4, 5]).join("\n"));
  for (const name of others.missing)
    console.log(`\n${name} is not installed and was left out; scripts/bench/proxy/install.sh installs it.`);
  if (seen.some(({ failed }) => failed > 0)) process.exitCode = 1;
} finally {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await environment.stop();
  rmSync(scratch, { recursive: true, force: true });
}
