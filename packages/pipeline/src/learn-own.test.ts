import { policyOptionsOf } from "@sluice/config";
import { type Entry, recordedRollouts } from "@sluice/journal";
import { ownDispersion, policyFor, replay, verdictLine } from "@sluice/judge";
import type { MetricSource } from "@sluice/ports";
import { type RolloutEvent, runRollout } from "@sluice/rollout";
import { MemoryEnvironment, memoryPorts, trust, VirtualClock, versionSpec } from "@sluice/testing";
import { randomFrom } from "@sluice/testing/random";
import { afterAll, expect, test } from "vitest";
import type { Context } from "./context.ts";
import { detectionOf, detectionText } from "./detection.ts";
import { learnedOf, originsOf, recordWithPolicy } from "./learn.ts";
import { planFor } from "./stages/plan.ts";
import { testProject } from "./testing/project.ts";

const project = testProject(
  {
    ".deploy/project.yaml":
      "name: shop\nservices: [{ name: web, path: web, command: [node, service.mjs] }]\n",
    ".deploy/test-config.yaml": `environment: test
target: local
strategy: canary
canary:
  steps: [{ weight: 10, pause: 10m }, { weight: 50, pause: 10m }, { weight: 100 }]
  analysis:
    metrics:
      - { name: lost, events: orders_lost, total: orders_all }
      - { name: kept, events: orders_kept, total: orders_all, worse: lower }
      - { name: constructor, events: cars_broken, total: cars_all, noData: promote }
`,
  },
  ["web"],
);
afterAll(() => project.remove());

/** Orders beside the requests of each version, one for every fifth; lost ones come eight at a time. */
function shopping(metrics: MetricSource): MetricSource {
  const next = randomFrom(11);
  const shops = new Map<string, { orders: number; lost: number }>();
  const eventsOf = (version: string, requests: number) => {
    const shop = shops.get(version) ?? { orders: 0, lost: 0 };
    shops.set(version, shop);
    for (; shop.orders < Math.floor(requests / 5); shop.orders++)
      if (next() < 0.02 / 8) shop.lost = Math.min(shop.orders, shop.lost + 8);
    const { orders: total, lost } = shop;
    return { lost: { events: lost, total }, kept: { events: total - lost, total } };
  };
  return {
    async read(service, versions, signal) {
      const reading = await metrics.read(service, versions, signal);
      const { canary, baseline } = reading;
      return {
        ...reading,
        canary: canary && { ...canary, events: eventsOf(versions.canary, canary.requests) },
        baseline: baseline && { ...baseline, events: eventsOf(versions.baseline!, baseline.requests) },
      };
    },
  };
}

/** A world in which one rollout follows the other, each into the journal of the context. */
async function world(context: Context) {
  const clock = new VirtualClock();
  const versions = Array.from({ length: 9 }, (_, i) => `1.${i}.0`);
  const environment = new MemoryEnvironment({
    clock,
    service: "web",
    requestsPerSecond: 100,
    behaviour: Object.fromEntries(versions.map((version) => [version, { errorRatio: 0.01 }])),
  });
  const version = (name: string) => versionSpec(name, { replicas: 2 });
  await trust(environment, clock, version("1.0.0"));
  const ports = memoryPorts(environment, clock);
  const metrics = shopping(ports.metrics);
  const { steps } = policyOptionsOf(context.services[0]!);
  return async (to: string, judged: "by the journal" | "without the metrics") => {
    const events = await context.journal.events();
    const settings = context.services[0]!;
    const learned = learnedOf(events, "web", settings.canary.analysis.metrics);
    const options = judged === "by the journal" ? policyOptionsOf(settings, learned) : { steps: steps! };
    const entries: Entry[] = [];
    const record = async (event: RolloutEvent) => {
      entries.push({ ...event } as unknown as Entry);
    };
    const { status } = await runRollout({
      ...ports,
      metrics,
      pollSeconds: 5,
      spec: {
        id: to,
        service: "web",
        version: version(to),
        secrets: {},
        strategy: "canary",
        steps: [...steps!],
      },
      policy: policyFor(options),
      samples: [],
      record: recordWithPolicy(record, options, learned),
    });
    await context.journal.appendAll(entries);
    return status;
  };
}

test("metrics of one's own are judged by what the journal says of each, are shown with it, and replayed by it (R286)", async () => {
  const context = await project.open("test");
  const settings = context.services[0]!;
  const { metrics } = settings.canary.analysis;
  const before = originsOf(learnedOf(await context.journal.events(), "web", metrics), metrics);
  expect(before.filter(({ name }) => name.startsWith("eventDispersion:"))).toEqual(
    ["lost", "kept", "constructor"].map((name) => ({
      name: `eventDispersion:${name}`,
      value: 1,
      source: "default",
      rollouts: 0,
    })),
  );

  const rollOut = await world(context);
  for (const to of ["1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "1.6.0"])
    expect(await rollOut(to, "without the metrics")).toBe("succeeded");
  const learned = learnedOf(await context.journal.events(), "web", metrics);
  const lost = ownDispersion(learned, "lost")!;
  expect(lost.value).toBeGreaterThan(3);
  expect(lost.rollouts).toBe(6);
  expect(ownDispersion(learned, "kept")).toEqual(lost);
  expect(learned.errorDispersion!.value).toBeLessThan(1.15);
  const options = policyOptionsOf(settings, learned);
  expect(policyFor(options).events.map(({ tempering }) => tempering)).toEqual([
    1 / lost.value,
    1 / lost.value,
    1 / learned.errorDispersion!.value,
  ]);

  expect(await rollOut("1.7.0", "by the journal")).toBe("succeeded");
  const events = await context.journal.events();
  const { parts } = recordedRollouts(events.filter(({ service }) => service === "web")).at(-1)!;
  const [{ policy, readings }] = parts as [(typeof parts)[number]];
  expect(policy!.learned).toContainEqual({
    name: "eventDispersion:lost",
    value: lost.value,
    source: "learned",
    rollouts: 6,
  });
  expect(policy!.learned).toContainEqual({
    name: "eventDispersion:constructor",
    value: learned.errorDispersion!.value,
    source: "default",
    rollouts: 0,
  });
  const said = readings.flatMap(({ verdict }, i) => (verdict ? [{ i, line: verdictLine(verdict) }] : []));
  expect(said.length).toBeGreaterThan(2);
  const again = (by: object) => {
    const samples = readings.map(({ sample }) => sample);
    const { verdicts } = replay([{ policy: policyFor(by), samples }]);
    return said.map(({ i }) => verdictLine(verdicts[i]!));
  };
  expect(again(policy!.options)).toEqual(said.map(({ line }) => line));
  expect(again(policyOptionsOf(settings))).not.toEqual(said.map(({ line }) => line));

  const { plan } = await planFor(context, { version: "2.0.0" }, { web: { version: "1.7.0" } });
  const text = detectionText(detectionOf(context, plan, events));
  expect(text).toMatch(/lost varies [\d.]+ times as much as by chance \(learned from 7 rollouts\)/);
  expect(text).toMatch(/kept varies [\d.]+ times as much as by chance \(learned from 7 rollouts\)/);
  expect(text).toMatch(/constructor varies [\d.]+ times as much as by chance \(default, as failures\)/);
});
