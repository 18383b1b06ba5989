import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseEnvironmentConfig, parseProjectConfig, resolve } from "@sluice/config";
import type { RolloutRecord, VersionSpec } from "@sluice/ports";
import { MemoryEnvironment, memoryTarget, trust, VirtualClock, versionSpec } from "@sluice/testing";
import { expect, onTestFinished, test } from "vitest";
import type { Context } from "./context.ts";
import type { ServiceRelease } from "./rollout-spec.ts";
import { nextServices } from "./shared-canary.ts";

const names = ["orders", "payments", "search"];

/** Three services of one tier that run 1.0.0 and are to run 2.0.0. */
async function shop(canary: string, more = "") {
  const { config: project } = parseProjectConfig(
    `name: shop\nservices:\n${names.map((name) => `- {name: ${name}, path: ${name}, command: [node, s.js]}\n`).join("")}`,
    ".deploy/project.yaml",
  );
  const { config: environment } = parseEnvironmentConfig(
    `environment: production\nstrategy: canary\ncanary: ${canary}\n${more}`,
    ".deploy/production-config.yaml",
  );
  const clock = new VirtualClock();
  const places = new Map<string, MemoryEnvironment>();
  let looks = 0;
  for (const service of names) places.set(service, new MemoryEnvironment({ clock, service }));
  await Promise.all([...places.values()].map((place) => trust(place, clock, versionSpec("1.0.0"))));
  const context = {
    ...{ environment, clock, signal: new AbortController().signal, labels: [], variables: {} },
    files: { project: ".deploy/project.yaml", environment: ".deploy/production-config.yaml" },
    target: {
      target: {
        observe: (service: string) => {
          looks++;
          return memoryTarget(places.get(service)!).observe(service);
        },
      },
    },
  } as unknown as Context;
  const artifact = versionSpec("2.0.0").artifact as VersionSpec["artifact"] & ServiceRelease["artifact"];
  const services = resolve(project, environment).map(
    (settings): ServiceRelease => ({ settings, version: "2.0.0", artifact }),
  );
  return {
    places,
    looks: () => looks,
    async next(from = 0, options: { despiteAlerts?: boolean } = {}) {
      const said: string[] = [];
      const chosen = await nextServices(context, services.slice(from), {
        ...options,
        tell: (text) => void said.push(text),
      });
      return { names: chosen.map(({ settings }) => settings.name), said };
    },
  };
}

/** The record of a rollout to 2.0.0 that an earlier run has begun. */
const begun = (more: Partial<RolloutRecord>): RolloutRecord => ({
  ...{ id: "x", from: "1.0.0", to: "2.0.0", strategy: "canary", phase: "stepping" },
  ...{ step: 1, stepStartedAt: 1, startedAt: 1 },
  ...more,
});

test("without `canary.shared` one goes after the other, and nothing is looked up for it", async () => {
  const { next, looks } = await shop("{}");
  expect(await next()).toEqual({ names: ["orders"], said: [] });
  expect(await next(2)).toEqual({ names: ["search"], said: [] });
  expect(looks()).toBe(0);
});

test("those that are alike go together, also when an earlier run had brought them to different steps", async () => {
  const { next, places } = await shop("{shared: true}");
  const record = begun({ step: 2 });
  places.get("payments")!.apply({ type: "record", service: "payments", record });
  expect(await next()).toEqual({
    names,
    said: ["orders, payments and search take their canary steps together."],
  });
});

test("one whose steps a person left out, or that has nothing to be compared with, goes on its own", async () => {
  const { next, places } = await shop("{shared: true}");
  const leaves = (service: string, record: RolloutRecord) =>
    places.get(service)!.apply({ type: "record", service, record });
  leaves("search", begun({ shortcut: "ada asked to leave out the steps that are left." }));
  expect(await next()).toEqual({
    names: ["orders", "payments"],
    said: [
      "orders and payments take their canary steps together.",
      "search does not take its steps together with others: its steps are left out this time.",
    ],
  });
  leaves("search", begun({ from: null }));
  expect((await next()).said.at(-1)).toContain("nothing of it runs yet that it could be compared with");
});

test("one that alerts keep from beginning goes on its own, unless it is to mend them (R273)", async () => {
  const labels = { alertname: "CheckoutDown", severity: "critical", service: "search" };
  const page = JSON.stringify({ status: "success", data: { alerts: [{ state: "firing", labels }] } });
  const server = createServer((_, response) => void response.end(page)).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close().closeAllConnections());
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { next } = await shop(`{shared: true, analysis: {alerts: {url: "${url}"}}}`);
  expect(await next()).toEqual({
    names: ["orders", "payments"],
    said: [
      "orders and payments take their canary steps together.",
      "search does not take its steps together with others: it may not begin yet: CheckoutDown is firing.",
    ],
  });
  expect(await next(2)).toEqual({ names: ["search"], said: [] });
  expect((await next(0, { despiteAlerts: true })).names).toEqual(names);
});
