import type { Event, Sample } from "@sluice/documents";
import { expect, test } from "vitest";
import { samplesOf } from "./samples.ts";

const sample = (t: number): Sample => ({ t, weight: 5, canary: null, baseline: null });
const base = {
  schema: "sluice/event/v1",
  sequence: 1,
  at: "2026-01-01T00:00:00Z",
  run: "r",
  environment: "e",
} as const;
const started = (service: string, resumed = false): Event => ({
  ...base,
  service,
  type: "rollout.started",
  data: { from: "1", to: "2", strategy: "canary", resumed },
});
const read = (service: string, t: number): Event => ({
  ...base,
  service,
  type: "rollout.sample",
  data: sample(t),
});
const finished = (service: string, status: "succeeded" | "inconclusive"): Event => ({
  ...base,
  service,
  type: "rollout.finished",
  data: { status, reasonCode: "deploy.promoted", version: "2", summary: "" },
});

test("the samples since the rollout began, over runs that continued it, of one service", () => {
  const journal = [
    started("shop"),
    read("shop", 1),
    finished("shop", "succeeded"),
    started("shop"),
    read("shop", 10),
    read("other", 11),
    finished("shop", "inconclusive"),
    started("shop", true),
    read("shop", 20),
  ];
  expect(samplesOf(journal, "shop").map(({ t }) => t)).toEqual([10, 20]);
});

test("none when the rollout has ended", () => {
  expect(
    samplesOf([started("shop"), read("shop", 1), finished("shop", "succeeded"), read("shop", 9)], "shop"),
  ).toHaveLength(1);
  expect(samplesOf([started("shop"), read("shop", 1), finished("shop", "succeeded")], "shop")).toEqual([]);
});
