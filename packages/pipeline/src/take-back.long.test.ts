import type { Progress } from "@sluice/ports";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "./context.ts";
import { buildStage } from "./stages/build.ts";
import { deployStage } from "./stages/deploy.ts";
import { testProject } from "./testing/project.ts";

/** Three services in three tiers; the last of them passes its check in version 1.0.0 only. */
const project = testProject(
  {
    ".deploy/project.yaml": `name: shop
services:
  - { name: store, path: orders, tier: core, command: [node, service.mjs] }
  - { name: mail, path: orders, tier: supporting, command: [node, service.mjs] }
  - name: web
    path: web
    tier: ui
    command: [node, service.mjs]
    smoke: [{ name: it is the first, path: /, contains: "1.0.0" }]
`,
    ".deploy/test-config.yaml": `environment: test
target: local
strategy: bluegreen
trafficSwitch: { testDuration: 0s }
healthCheck: { path: /health, interval: 200ms, retries: 50 }
`,
  },
  ["orders", "web"],
);
let context: Context;
let said: Progress[] = [];
let runs = 0;
const open = async (onStage?: (controller: AbortController) => void) => {
  said = [];
  const controller = new AbortController();
  onStage?.(controller);
  return project.open("test", {
    signal: controller.signal,
    onProgress: (progress) => void said.push(progress),
    variables: { PATH: process.env.PATH, GITHUB_ACTIONS: "true", GITHUB_RUN_ID: String(++runs) },
  });
};
const build = async (version: string) => {
  context = await open();
  const built = await buildStage(context, { version });
  expect(built.status, built.summary).toBe("succeeded");
};
const stables = async () =>
  Promise.all(
    ["store", "mail", "web"].map(async (name) => (await context.target.target.observe(name)).stable),
  );
const services = (result: Awaited<ReturnType<typeof deployStage>>) =>
  result.details?.stage === "deploy"
    ? result.details.services.map(({ name, status }) => `${name} ${status}`)
    : [];

beforeAll(async () => {
  await build("1.0.0");
  const first = await deployStage(context, { version: "1.0.0" });
  expect(first.status, first.summary).toBe("succeeded");
});
afterAll(() => project.remove());

describe("a release of several services of which the last fails", () => {
  test("goes back as a whole, in the opposite order (R224, R225, R228, R229)", async () => {
    await build("2.0.0");
    const result = await deployStage(context, { version: "2.0.0" });
    expect(result.status).toBe("failed");
    expect(services(result)).toEqual(["store rolled_back", "mail rolled_back", "web failed"]);
    expect(await stables()).toEqual(["1.0.0", "1.0.0", "1.0.0"]);
    const ends = (await context.journal.events()).flatMap((event) =>
      event.type === "rollout.finished" && event.run === context.run
        ? [`${event.service} ${event.data.version} ${event.data.status}`]
        : [],
    );
    expect(ends).toEqual([
      "store 2.0.0 succeeded",
      "mail 2.0.0 succeeded",
      "web 2.0.0 failed",
      "mail 1.0.0 rolled_back",
      "store 1.0.0 rolled_back",
    ]);
  });

  test("may be tried again as it is, which is said with the reason, and judged anew (R252)", async () => {
    context = await open();
    const again = await deployStage(context, { version: "2.0.0", services: ["store"] });
    expect(again.status, again.summary).toBe("succeeded");
    expect(again.problems).toMatchObject([
      {
        severity: "warning",
        reasonCode: "deploy.tried-again",
        message: expect.stringMatching(
          /^2\.0\.0 of store was taken back here at .*: web of the same release was not promoted/,
        ),
      },
    ]);
    expect(await stables()).toEqual(["2.0.0", "1.0.0", "1.0.0"]);
  });

  test("leaves alone what ran the release before it began", async () => {
    context = await open();
    const result = await deployStage(context, { version: "2.0.0" });
    expect(services(result)).toEqual(["store succeeded", "mail rolled_back", "web failed"]);
    expect(await stables()).toEqual(["2.0.0", "1.0.0", "1.0.0"]);
  });

  test("takes back what an earlier run of it promoted before it was killed, too", async () => {
    await build("3.0.0");
    const killed = await open();
    const journal = { ...killed.journal };
    // A run that promotes the first service and is never heard of again.
    const silent: Context = {
      ...killed,
      journal: {
        ...journal,
        append: async (type, data, service) => {
          if (type.startsWith("stage.")) return { type, data } as never;
          return journal.append(type, data, service);
        },
      },
    };
    const first = await deployStage(silent, { version: "3.0.0", services: ["store"] });
    expect(first.status, first.summary).toBe("succeeded");
    context = await open();
    const result = await deployStage(context, { version: "3.0.0" });
    expect(services(result)).toEqual(["store rolled_back", "mail rolled_back", "web failed"]);
    expect(await stables()).toEqual(["2.0.0", "1.0.0", "1.0.0"]);
  });
});
