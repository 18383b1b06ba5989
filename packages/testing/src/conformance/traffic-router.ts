import type { Routing, TrafficRouter } from "@sluice/ports";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandsOf, ready, type TargetHarness } from "./harness.ts";

/** What every router promises. Each test uses a service of its own, with versions 1.0.0 and 2.0.0. */
export function describeTrafficRouter(name: string, open: () => Promise<TargetHarness>): void {
  describe(`${name} is a traffic router`, () => {
    let harness: TargetHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.stop());

    async function twoVersions(service: string): Promise<void> {
      const { ensure } = commandsOf(harness.target, service);
      await ensure(harness.spec("1.0.0"));
      await ensure(harness.spec("2.0.0"));
      await harness.until(service, (seen) => ready(seen, "1.0.0") === 1 && ready(seen, "2.0.0") === 1);
    }
    const shares = async (service: string) => {
      const { weights } = await harness.target.observe(service);
      return Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight !== 0));
    };

    test("a service without traffic has no shares", async () => {
      expect(await shares("nothing")).toEqual({});
    });

    test("shares that were set are seen, and may be set again", async () => {
      await twoVersions("split");
      await harness.router.setWeights("split", { "1.0.0": 95, "2.0.0": 5 });
      await harness.router.setWeights("split", { "1.0.0": 95, "2.0.0": 5 });
      expect(await shares("split")).toEqual({ "1.0.0": 95, "2.0.0": 5 });
    });

    test("a version that is not named, or with 0 %, has none", async () => {
      await twoVersions("move");
      await harness.router.setWeights("move", { "1.0.0": 50, "2.0.0": 50 });
      await harness.router.setWeights("move", { "2.0.0": 100 });
      expect(await shares("move")).toEqual({ "2.0.0": 100 });
      await harness.router.setWeights("move", { "1.0.0": 100, "2.0.0": 0 });
      expect(await shares("move")).toEqual({ "1.0.0": 100 });
    });

    test("no shares at all close the entry", async () => {
      await twoVersions("close");
      await harness.router.setWeights("close", { "1.0.0": 100 });
      await harness.router.setWeights("close", {});
      expect(await shares("close")).toEqual({});
    });

    test.each([
      ["less than 100 %", { "1.0.0": 50, "2.0.0": 49 }],
      ["more than 100 %", { "1.0.0": 100, "2.0.0": 1 }],
      ["a negative share", { "1.0.0": 101, "2.0.0": -1 }],
      ["something that is no number", { "1.0.0": Number.NaN, "2.0.0": 100 }],
    ])("%s is refused and changes nothing", async (what, weights) => {
      const service = `wrong-${what.replace(/\W+/g, "-")}`;
      await twoVersions(service);
      await harness.router.setWeights(service, { "1.0.0": 100 });
      await expect(harness.router.setWeights(service, weights)).rejects.toMatchObject({
        reasonCode: "deploy.weights-invalid",
      });
      expect(await shares(service)).toEqual({ "1.0.0": 100 });
    });

    test("a version that does not run gets no traffic", async () => {
      await twoVersions("stranger");
      await harness.router.setWeights("stranger", { "1.0.0": 100 });
      await expect(harness.router.setWeights("stranger", { "9.9.9": 100 })).rejects.toMatchObject({
        reasonCode: "deploy.unknown-version",
      });
      expect(await shares("stranger")).toEqual({ "1.0.0": 100 });
    });

    test("it says before anything happens whether it can give a share", () => {
      expect(harness.router.refuses(0)).toBeNull();
      expect(harness.router.refuses(100)).toBeNull();
      expect(harness.router.refuses(-1)).toEqual(expect.any(String));
      expect(harness.router.refuses(101)).toEqual(expect.any(String));
    });

    test("an aborted call rejects with the reason of its signal and changes nothing", async () => {
      await twoVersions("abort");
      await harness.router.setWeights("abort", { "1.0.0": 100 });
      const reason = new Error("cancelled");
      await expect(
        harness.router.setWeights("abort", { "2.0.0": 100 }, AbortSignal.abort(reason)),
      ).rejects.toBe(reason);
      expect(await shares("abort")).toEqual({ "1.0.0": 100 });
    });

    describe("beside the weights", () => {
      const routing = async (service: string) => (await harness.target.observe(service)).routing;
      const everything = (router: TrafficRouter): Routing => ({
        version: "2.0.0",
        ...(router.capabilities.headers ? { testers: { header: "X-Canary", value: "yes" } } : {}),
        ...(router.capabilities.mirror ? { mirrorPercent: 10 } : {}),
        ...(router.capabilities.sticky ? { isSticky: true } : {}),
      });

      test("nothing happens to requests of a service for which nothing was set", async () => {
        expect(await routing("nothing")).toBeNull();
      });

      test("what was set is seen, and may be set and removed again", async () => {
        const wanted = everything(harness.router);
        if (Object.keys(wanted).length === 1) return;
        await twoVersions("beside");
        await harness.router.setWeights("beside", { "1.0.0": 100 });
        await harness.router.setRouting("beside", wanted);
        await harness.router.setRouting("beside", wanted);
        expect(await routing("beside")).toEqual(wanted);
        expect(await shares("beside")).toEqual({ "1.0.0": 100 });
        await harness.router.setRouting("beside", null);
        await harness.router.setRouting("beside", null);
        expect(await routing("beside")).toBeNull();
      });

      test("a version that does not run is refused, and nothing is changed", async () => {
        const wanted = everything(harness.router);
        await twoVersions("beside-stranger");
        await expect(
          harness.router.setRouting("beside-stranger", { ...wanted, version: "9.9.9" }),
        ).rejects.toMatchObject({ reasonCode: "deploy.unknown-version" });
        expect(await routing("beside-stranger")).toBeNull();
      });
    });
  });
}
