import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Progress } from "@sluice/ports";
import { afterEach, beforeEach, expect, test } from "vitest";
import { liveSummary } from "./live-summary.ts";

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "sluice-summary-")), "summary.md");
});
afterEach(() => rmSync(join(path, ".."), { recursive: true }));

const rollout = (weight: number, waitingFor = "the step to last its time"): Progress => ({
  type: "rollout",
  service: "orders",
  version: "2.0.0",
  weights: { "1.0.0": 100 - weight, "2.0.0": weight },
  step: { index: 0, count: 3 },
  waitingFor,
  remainingSeconds: 60,
  outlook: { event: "step", seconds: 60, weight: 25 },
});
const text = () => readFileSync(path, "utf8");

test("the job summary shows where the rollout is while it runs, and nothing of it afterwards (R264)", () => {
  writeFileSync(path, "tests passed\n");
  let now = 0;
  const live = liveSummary(path, 10, () => now);
  live.onProgress(rollout(5));
  expect(text()).toMatch(/^tests passed\n### Rollout under way\n\n```text\n {2}orders 2\.0\.0 █/);
  expect(text()).toContain("If nothing changes: on to 25 % in about 60 s.");
  live.onProgress(rollout(5, "something else"));
  expect(text()).not.toContain("something else");
  now += 10_000;
  live.onProgress(rollout(5, "a ``` in the name"));
  expect(text()).toContain("````text\n");
  live.onProgress(rollout(25));
  expect(text()).toContain("25 %");
  expect(text().match(/Rollout under way/g)).toHaveLength(1);
  live.close();
  expect(text()).toBe("tests passed\n");
});

test("without a summary, or with one that cannot be written, the rollout goes on", () => {
  liveSummary(undefined).onProgress(rollout(5));
  const live = liveSummary(join(path, "no/such/folder"));
  live.onProgress(rollout(5));
  live.close();
});
