import { Counters } from "@sluice/documents";
import { MetricsAway } from "@sluice/ports";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandsOf, type MetricHarness, ready } from "./harness.ts";

/** What every source of metrics promises. */
export function describeMetricSource(name: string, open: () => Promise<MetricHarness>): void {
  describe(`${name} is a source of metrics`, () => {
    let harness: MetricHarness;
    beforeAll(async () => {
      harness = await open();
      const { ensure } = commandsOf(harness.target, "orders");
      await ensure(harness.spec("1.0.0"));
      await ensure(harness.failingSpec("2.0.0"));
      await harness.until("orders", (seen) => ready(seen, "1.0.0") === 1 && ready(seen, "2.0.0") === 1);
      await harness.router.setWeights("orders", { "1.0.0": 50, "2.0.0": 50 });
    });
    afterAll(() => harness.stop());
    const read = (canary = "2.0.0", baseline: string | null = "1.0.0", signal?: AbortSignal) =>
      harness.metrics.read("orders", { canary, baseline }, signal);

    test("requests and errors are counted for each version, cumulatively", async () => {
      const before = await read();
      await harness.send("orders", 20);
      const first = await read();
      await harness.send("orders", 20);
      const second = await read();
      expect(first.canary!.requests - (before.canary?.requests ?? 0)).toBe(10);
      expect(first.canary!.errors - (before.canary?.errors ?? 0)).toBe(10);
      expect(second.canary!.requests - first.canary!.requests).toBe(10);
      expect(second.baseline!.requests - first.baseline!.requests).toBe(10);
      expect(second.baseline!.errors).toBe(first.baseline!.errors);
      expect(second.at).toBeGreaterThanOrEqual(first.at);
    });

    test("the latency histogram is cumulative over its bounds and ends with all requests", async () => {
      await harness.send("orders", 10);
      const { canary, baseline } = await read();
      for (const arm of [canary!, baseline!]) {
        expect(Counters.parse(arm)).toEqual(arm);
        expect(arm.latency["+Inf"]).toBe(arm.requests);
        const counts = Object.entries(arm.latency)
          .map(([le, count]) => [le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le), count] as const)
          .sort(([a], [b]) => a - b)
          .map(([, count]) => count);
        expect(counts).toEqual([...counts].sort((a, b) => a - b));
        expect(counts.length).toBeGreaterThan(5);
      }
    });

    test("a version that has no counters is null: no data, not zero", async () => {
      const reading = await read("9.9.9", null);
      expect(reading.canary).toBeNull();
      expect(reading.baseline).toBeNull();
    });

    test("an aborted read rejects with the reason of its signal", async () => {
      const reason = new Error("cancelled");
      await expect(read("2.0.0", "1.0.0", AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    // Last: the source is gone afterwards.
    test("an outage is an outage: neither zero nor null", async () => {
      await harness.takeAway();
      await expect(read()).rejects.toBeInstanceOf(MetricsAway);
    });
  });
}
