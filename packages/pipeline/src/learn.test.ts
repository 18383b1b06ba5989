import { policyOptionsOf } from "@sluice/config";
import type { Counters } from "@sluice/documents";
import type { Entry } from "@sluice/journal";
import { policyFor } from "@sluice/judge";
import { runRollout } from "@sluice/rollout";
import { MemoryEnvironment, memoryPorts, trust, VirtualClock, versionSpec } from "@sluice/testing";
import { afterAll, describe, expect, test } from "vitest";
import type { Context } from "./context.ts";
import { detectionOf, detectionProblems, detectionText } from "./detection.ts";
import { learnedOf, originsOf, recordWithPolicy } from "./learn.ts";
import { referenceOf } from "./reference.ts";
import { planFor, planStage } from "./stages/plan.ts";
import { testProject } from "./testing/project.ts";

const project = testProject(
  {
    ".deploy/project.yaml":
      "name: shop\nservices: [{ name: web, path: web, command: [node, service.mjs] }]\n",
    ".deploy/test-config.yaml": "environment: test\ntarget: local\nstrategy: canary\n",
  },
  ["web"],
);
afterAll(() => project.remove());

const version = (name: string) => versionSpec(name, { replicas: 2 });
const steps = [
  { weight: 10, pauseSeconds: 600 },
  { weight: 50, pauseSeconds: 600 },
  { weight: 100, pauseSeconds: 0 },
];

/** Rollouts of 1.1.0, 1.2.0 and so on into the journal of the context, at 50 requests/s and 1 % errors. */
async function history(context: Context, count: number): Promise<void> {
  const clock = new VirtualClock();
  const environment = new MemoryEnvironment({
    clock,
    service: "web",
    requestsPerSecond: 50,
    behaviour: Object.fromEntries(
      Array.from({ length: count + 1 }, (_, i) => [`1.${i}.0`, { errorRatio: 0.01 }]),
    ),
  });
  await trust(environment, clock, version("1.0.0"));
  const entries: Entry[] = [];
  for (let i = 1; i <= count; i++)
    await runRollout({
      ...memoryPorts(environment, clock),
      pollSeconds: 5,
      spec: {
        id: `${i}`,
        service: "web",
        version: version(`1.${i}.0`),
        secrets: {},
        strategy: "canary",
        steps,
      },
      policy: policyFor({ steps }),
      samples: [],
      record: ({ type, data, service, at }) => {
        entries.push({ type, data, service, at } as unknown as Entry);
      },
    });
  await context.journal.appendAll(entries);
}

describe("what the journal teaches", () => {
  test("nothing at first: the defaults hold, and the plan says nothing about detection", async () => {
    const context = await project.open("test");
    const learned = learnedOf(await context.journal.events(), "web");
    expect(originsOf(learned).map(({ name, value, source }) => [name, value, source])).toEqual([
      ["errorDispersion", 1, "default"],
      ["latencyDispersion", 3, "default"],
    ]);
    expect(policyFor(policyOptionsOf(context.services[0]!, learned))).toMatchObject({ tempering: 1 });
    let text = "";
    const result = await planStage(context, { version: "2.0.0", show: (part) => (text += part) });
    expect(result.details).not.toHaveProperty("detection");
    expect(text).not.toContain("would find");
  });

  test("dispersion, errors and traffic after some rollouts; policy, reference and plan go by them, and the hash of the plan does not", async () => {
    const context = await project.open("test");
    const before = await planStage(context, { version: "2.0.0", show: () => {} });
    await history(context, 3);
    const events = await context.journal.events();
    const learned = learnedOf(events, "web");
    expect(learned.errorRatio).toMatchObject({ rollouts: 3, value: expect.closeTo(0.01, 3) });
    expect(learned.traffic!.mean).toBeCloseTo(50, 0);
    expect(learned.errorDispersion?.rollouts).toBe(3);
    const { tempering } = policyFor(policyOptionsOf(context.services[0]!, learned));
    expect(tempering).toBeCloseTo(1 / learned.errorDispersion!.value, 10);
    expect(referenceOf(events, "web")?.errorRatio).toBeCloseTo(0.01, 3);
    expect(learnedOf(events, "api").traffic).toBeNull();

    let text = "";
    const result = await planStage(context, { version: "2.0.0", show: (part) => (text += part) });
    const planned = (details: typeof result.details) => (details?.stage === "plan" ? details.planHash : "");
    expect(planned(result.details)).toBe(planned(before.details));
  });

  test("the plan of a service that runs says when a regression would be found, and from what it knows", async () => {
    const context = await project.open("test");
    const { plan } = await planFor(context, { version: "2.0.0" }, { web: { version: "1.3.0" } });
    const detection = detectionOf(context, plan, await context.journal.events());
    expect(detection).toMatchObject([{ service: "web", requestsPerSecond: expect.closeTo(50, 0) }]);
    const text = detectionText(detection);
    expect(text).toMatch(
      /What the canary of web would find at 50 requests\/s and 1% errors \(the mean of .* in 3 rollouts\)/,
    );
    expect(text).toMatch(/50 times as many errors: found after about \d+s/);
    expect(text).toMatch(/failures vary [\d.]+ times as much as by chance \(learned from 3 rollouts\)/);
    expect(detectionProblems(detection, "x.yaml")).toEqual([]);
    const same = await planFor(context, { version: "1.3.0" }, { web: { version: "1.3.0" } });
    expect(detectionOf(context, same.plan, await context.journal.events())).toEqual([]);
  });

  test("where nothing ever failed, the plan says what it assumes instead", async () => {
    const context = await project.open("test");
    const { plan } = await planFor(context, { version: "2.0.0" }, { web: { version: "1.3.0" } });
    const flawless = (counters: Counters | null) => counters && { ...counters, errors: 0 };
    const events = (await context.journal.events()).map((event) =>
      event.type === "rollout.sample"
        ? {
            ...event,
            data: {
              ...event.data,
              canary: flawless(event.data.canary),
              baseline: flawless(event.data.baseline),
            },
          }
        : event,
    );
    const detection = detectionOf(context, plan, events);
    expect(detection).toMatchObject([{ service: "web", requestsPerSecond: expect.closeTo(50, 0) }]);
    // At most three of so many requests would fail, and none did (rule of three).
    expect(detection[0]!.errorRatio).toBeGreaterThan(0);
    expect(detection[0]!.errorRatio).toBeLessThan(0.0005);
    const text = detectionText(detection);
    expect(text).toMatch(/none of its requests failed so far; 0\.\d+% errors are assumed/);
    expect(text).not.toContain("fails 0%");
  });
});

test("what a rollout is judged by is written once it has begun, and only then", async () => {
  const written: { type: string }[] = [];
  const record = recordWithPolicy(
    async (event) => {
      written.push(event);
    },
    { steps },
    {
      errorRatio: null,
      errorDispersion: { value: 2, rollouts: 12 },
      latencyDispersion: null,
      eventDispersions: {},
      traffic: null,
    },
  );
  const at = "2026-01-01T00:00:00.000Z";
  await record({ type: "note", at, data: { text: "before" } });
  const data = { from: "1", to: "2", strategy: "canary" as const, resumed: false };
  await record({ type: "rollout.started", at, service: "web", data });
  expect(written.map(({ type }) => type)).toEqual(["note", "rollout.started", "rollout.policy"]);
  expect(written[2]).toMatchObject({
    service: "web",
    data: {
      options: { steps },
      learned: [{ name: "errorDispersion", value: 2, source: "learned", rollouts: 12 }, {}],
    },
  });
});
