/**
 * How many customers a bad release reaches before it is taken back: the catalog of examples/shop with regressions of
 * 50×, 5× and 2× and one without any, under real load, judged by Sluice and by the rules of Argo Rollouts and Flagger.
 *
 *     npm run bench:exposure [-- --quick] [--scale 10] [--rate 250] [--runs 3]
 */
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type PolicyOptions, policyFor } from "../../../packages/judge/src/index.ts";
import { type Clients, startClients } from "../traffic/clients-process.ts";
import { benchEnvironment } from "../traffic/environment.ts";
import { requestsOf } from "../traffic/tally.ts";
import type { Start } from "./clients.ts";
import {
  newVersionOf,
  type Policies,
  prepare,
  type Regression,
  releaseOwn,
  releaseShared,
  servicesOf,
} from "./copies.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./report.ts";
import { scheduleOf } from "./schedule.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    scale: { type: "string" },
    rate: { type: "string", default: "250" },
    runs: { type: "string" },
  },
});
const schedule = scheduleOf(Number(values.scale ?? (values.quick ? 30 : 10)));
const rate = Number(values.rate);
const runs = Number(values.runs ?? (values.quick ? 1 : 3));
const baseline = 0.005;
const factors = [50, 5, 2, 1];

const { scale, steps } = schedule;
/** The default policy at this scale. */
const options: PolicyOptions = {
  steps,
  warmUpSeconds: 60 / scale,
  checkSeconds: 60 / scale,
  groupSequential: { lookSeconds: schedule.tickSeconds },
};
/** The other rules read errors alone; latency says on a busy machine what else the machine does. */
const policies: Policies = {
  errors: policyFor({ ...options, latencyEdges: [] }),
  errorsAndLatency: policyFor(options),
};
/** Requests per second that each service really got, in each run. */
const rates: number[] = [];
const results = new Map<number, Outcome[][]>(factors.map((factor) => [factor, []]));
for (let run = 0; run < runs; run++) await oneRun(run);

console.log(
  `Node ${process.version}, ${availableParallelism()} cores, load average ${loadavg()[0]!.toFixed(1)}`,
);
console.log(
  `Steps ${steps.map(({ weight, pauseSeconds }) => `${weight} % for ${pauseSeconds} s`).join(", ")}: ${scale} times shorter than 35 minutes, as is every interval of every rule. ${rates.map((each) => each.toFixed(0)).join(", ")} requests/s to each service (${rate} asked for), ${100 * baseline} % errors in the old version. The rules see what they would see at full length with ${Number((rate / scale).toPrecision(3))} requests/s; seconds and percent-minutes are as measured.`,
);
for (const [factor, outcomes] of results) console.log(`\n${titleOf(factor)}\n${table(outcomes)}`);
if (
  results
    .get(50)!
    .flat()
    .some(({ rule, end }) => rule.startsWith("Sluice") && !end.startsWith("rolled back"))
) {
  console.error("Sluice did not take a regression of 50× back.");
  process.exitCode = 1;
}

function titleOf(factor: number): string {
  return factor === 1 ? "1×, a good release: to roll it back is an error" : `${factor}× the errors`;
}

async function oneRun(run: number): Promise<void> {
  const environment = await benchEnvironment({ program: join(import.meta.dirname, "catalog.js") });
  let clients: Clients | undefined;
  try {
    const regressions = factors.map((factor): Regression => ({ factor, baseline, seed: 100 * run + factor }));
    const services: Start["services"] = [];
    for (const regression of regressions)
      for (const name of Object.values(servicesOf(regression)))
        services.push({ name, port: await prepare(environment, name, regression) });
    const running = await startClients<Start>(join(import.meta.dirname, "clients.ts"), { services, rate });
    clients = running;
    const began = performance.now();
    await Promise.all(
      regressions.map(async (regression) => {
        const acting = async (): Promise<Outcome> => {
          const outcome = await releaseOwn(environment, regression, schedule, policies);
          const { versions } = await running.report();
          return { ...outcome, bad: versions[newVersionOf(servicesOf(regression).own)]?.bad ?? 0 };
        };
        const [own, shared] = await Promise.all([
          acting(),
          releaseShared(environment, regression, schedule, policies),
        ]);
        results.get(regression.factor)!.push([own, ...shared]);
        console.log(`run ${run + 1} of ${runs}: ${regression.factor}× is over`);
      }),
    );
    const tally = await running.stop();
    rates.push((1000 * requestsOf(tally)) / (performance.now() - began) / services.length);
  } finally {
    clients?.end();
    await environment.stop();
  }
}
