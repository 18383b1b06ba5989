/** What one evaluation costs, and whether a day of them needs more memory than an hour. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { observe, start } from "../../../packages/judge/src/index.ts";
import type { Claim } from "./claims.ts";
import { Random } from "./random.ts";
import { defaultPolicy, readings } from "./rules/ours.ts";
import { plan, type Scenario, steps, tickSeconds } from "./scenario.ts";
import { simulate } from "./traffic.ts";

const scenario: Scenario = {
  requestsPerSecond: 1000,
  errorRatio: 0.01,
  latency: { shift: null },
};

/** Rollouts that warm the compiler first. */
const warmUps = 20;

/** Milliseconds of processor time for one evaluation of errors and four latencies with its verdict, on average over each rollout. */
function evaluationTimes(rollouts: number): number[] {
  const policy = defaultPolicy();
  const times = Array.from({ length: rollouts + warmUps }, (_, i) => {
    let state = start(policy);
    const samples = [...readings(simulate(scenario, new Random(7, i)).ticks, (weight) => weight)];
    const before = process.cpuUsage();
    for (const sample of samples) ({ state } = observe(state, sample, policy));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / samples.length;
  });
  return times.slice(warmUps).sort((a, b) => a - b);
}

/** Size of the state as JSON, and of the heap, after an hour and after a day of samples with errors in most of them. */
function growth() {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const policy = defaultPolicy();
  const random = new Random(11);
  const last = steps.at(-1)!.weight;
  const count = { canary: { requests: 0, errors: 0 }, baseline: { requests: 0, errors: 0 } };
  const latency = (requests: number) => ({
    "0.1": requests * 0.5,
    "0.25": requests * 0.9,
    "0.5": requests * 0.99,
    "1": requests,
    "+Inf": requests,
  });
  let state = start(policy);
  const sizes: { json: number; heap: number }[] = [];
  for (let i = 0; i <= 24 * 360; i++) {
    for (const arm of [count.canary, count.baseline]) {
      arm.requests += 500;
      arm.errors += random.uniform() < 0.5 ? 1 : 0;
    }
    const sample = {
      t: i * tickSeconds,
      weight: plan[i]?.weight ?? last,
      canary: { ...count.canary, latency: latency(count.canary.requests) },
      baseline: { ...count.baseline, latency: latency(count.baseline.requests) },
    };
    ({ state } = observe(state, sample, policy));
    if (i === 360 || i === 24 * 360) {
      collect();
      sizes.push({ json: JSON.stringify(state).length, heap: process.memoryUsage().heapUsed });
    }
  }
  return { hour: sizes[0]!, day: sizes[1]! };
}

export function costClaims(rollouts: number): Claim[] {
  const times = evaluationTimes(rollouts);
  const median = times[Math.floor(times.length / 2)]!;
  const slowest = times.at(-1)!;
  const { hour, day } = growth();
  const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} kB`;
  const heapGrowth = day.heap - hour.heap;
  return [
    {
      name: "one evaluation of errors and four latencies with its verdict, 1,000 requests/s",
      measured: `${median.toFixed(3)} ms (slowest rollout ${slowest.toFixed(3)} ms)`,
      bound: "<= 0.2 ms",
      isMet: median <= 0.2,
      isTimed: true,
    },
    {
      name: "state after a day of samples every 10 s, against an hour",
      measured: `${kilobytes(day.json)} against ${kilobytes(hour.json)}`,
      bound: "+ 5 % at most",
      isMet: day.json <= 1.05 * hour.json,
    },
    {
      name: "heap after that day, against that hour",
      measured: `${heapGrowth >= 0 ? "+" : ""}${kilobytes(heapGrowth)}`,
      bound: "+ 512 kB at most",
      isMet: heapGrowth <= 512 * 1024,
    },
  ];
}
