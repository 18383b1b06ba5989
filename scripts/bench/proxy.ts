/**
 * What the data plane of the local target costs: the same service asked directly and through its entry,
 * as fast as it goes and at a fixed rate.
 *
 *     npm run bench:proxy [-- --seconds 5 --connections 10 --rate 500]
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { environmentStatus, localTarget, stopEnvironment } from "../../packages/local/src/index.ts";
import { run } from "../../packages/process/src/index.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "10" },
    rate: { type: "string", default: "500" },
  },
});
const duration = Number(values.seconds);
const connections = Number(values.connections);
const rate = Number(values.rate);

const scratch = mkdtempSync(join(tmpdir(), "sluice-bench-"));
const options = {
  stateDirectory: join(scratch, "state"),
  environment: "bench",
  hostEntry: resolve(import.meta.dirname, "../../packages/local/src/host/main.ts"),
};
try {
  const { target, router } = localTarget(options);
  await target.apply({ type: "ensure-version", service: "hello", spec: await helloSpec(), secrets: {} });
  let observation = await target.observe("hello");
  while (!observation.versions[0]?.replicas[0]?.isReady) {
    await sleep(50);
    observation = await target.observe("hello");
  }
  await router.setWeights("hello", { "1.0.0": 100 });
  const ways = { direct: observation.versions[0].replicas[0].url!, entry: observation.url! };

  console.log(`Node ${process.version}, ${duration} s each, ${connections} connections, answers of 1 kB\n`);
  console.log("way      load          requests/s   p50 ms   p99 ms   max ms   failed");
  for (const [load, overallRate] of [
    ["all it can", undefined],
    [`${rate}/s`, rate],
  ] as const) {
    for (const [way, url] of Object.entries(ways)) {
      await autocannon({ url, connections, duration: 1 }); // warm
      const settings = { url, connections, duration, ...(overallRate && { overallRate }) };
      const { requests, latency, errors, non2xx } = await autocannon(settings);
      const cells = [
        way.padEnd(9),
        load.padEnd(12),
        requests.average.toFixed(0).padStart(12),
        ...[latency.p50, latency.p99, latency.max].map((ms) => ms.toFixed(1).padStart(9)),
        String(errors + non2xx).padStart(9),
      ];
      console.log(cells.join(""));
    }
  }

  const before = await hostSeconds();
  const { requests } = await autocannon({ url: ways.entry, connections, duration });
  const after = await hostSeconds();
  if (before !== null && after !== null) {
    const microseconds = ((after - before) * 1e6) / requests.total;
    console.log(`\nProcessor time of the host: ${microseconds.toFixed(0)} microseconds for each request`);
  }

  console.log("\nOne request after the other, milliseconds:");
  for (const [way, url] of Object.entries(ways)) console.log(`${way.padEnd(9)}${await oneByOne(url)}`);
} finally {
  await stopEnvironment({ ...options, forget: true });
  rmSync(scratch, { recursive: true, force: true });
}

/** Processor time that the host has used, from /proc/<pid>/stat in ticks of 10 ms; null where there is none. */
async function hostSeconds(): Promise<number | null> {
  const { host } = await environmentStatus(options);
  if (process.platform !== "linux" || host === null) return null;
  const line = readFileSync(`/proc/${host.pid}/stat`, "utf8");
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function oneByOne(url: string): Promise<string> {
  const times: number[] = [];
  for (let i = 0; i < 3000; i++) {
    const began = performance.now();
    await (await fetch(url)).text();
    if (i >= 1000) times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(2);
  return `median ${at(0.5)}, p99 ${at(0.99)}`;
}

async function helloSpec() {
  const program = `require("node:http").createServer((q, s) => s.end("x".repeat(1024))).listen(process.env.PORT, "127.0.0.1")`;
  writeFileSync(join(scratch, "hello.cjs"), program);
  const reference = join(scratch, "hello.tar.gz");
  await run(["tar", "-czf", reference, "-C", scratch, "hello.cjs"]);
  const digest = `sha256:${createHash("sha256").update(readFileSync(reference)).digest("hex")}`;
  return {
    version: "1.0.0",
    artifact: { kind: "archive" as const, reference, digest, tags: [] },
    replicas: 1,
    environment: {},
    secrets: [],
    command: [process.execPath, "hello.cjs"],
    healthCheck: {
      path: "/",
      initialDelaySeconds: 0,
      timeoutSeconds: 5,
      intervalSeconds: 5,
      failureThreshold: 3,
    },
  };
}
