import type { RolloutRecord } from "@sluice/ports";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandsOf, has, ready, type TargetHarness } from "./harness.ts";

const written: RolloutRecord = {
  id: "r-1",
  from: "1.0.0",
  to: "2.0.0",
  strategy: "canary",
  phase: "aborting",
  step: 2,
  stepStartedAt: 1_700_000_000_000,
  startedAt: 1_600_000_000_000,
  shortcut: "Somebody asked to leave out the steps.",
  abort: { reasonCode: "judge.worse", sentence: "It is worse." },
};

/** What every target promises. Each test uses a service of its own in one environment. */
export function describeTarget(name: string, open: () => Promise<TargetHarness>): void {
  describe(`${name} is a target`, () => {
    let harness: TargetHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.stop());
    const on = (service: string) => commandsOf(harness.target, service);

    test("a service that was never deployed is empty, and looking at it changes nothing", async () => {
      const empty = {
        versions: [],
        stable: null,
        weights: {},
        routing: null,
        rollout: null,
        request: null,
        history: [],
        url: null,
      };
      expect(await harness.target.observe("nothing")).toEqual({ service: "nothing", ...empty });
      expect(await harness.target.observe("nothing")).toEqual({ service: "nothing", ...empty });
    });

    test("a version that was started becomes ready, without traffic and without being stable", async () => {
      const { ensure } = on("start");
      const spec = harness.spec("1.0.0", { replicas: 2 });
      await ensure(spec);
      const now = await harness.until("start", (seen) => ready(seen, "1.0.0") === 2);
      expect(now.versions).toMatchObject([{ version: "1.0.0", digest: spec.artifact.digest, desired: 2 }]);
      expect(now).toMatchObject({ stable: null, weights: {}, rollout: null, history: [] });
      expect(now.url).toMatch(/^https?:/);
      const ids = now.versions[0]!.replicas.map((replica) => replica.id);
      expect(new Set(ids).size).toBe(2);
    });

    test("starting a version again is starting it once", async () => {
      const { ensure } = on("again");
      await ensure(harness.spec("1.0.0"));
      const first = await harness.until("again", (seen) => ready(seen, "1.0.0") === 1);
      await ensure(harness.spec("1.0.0"));
      await ensure(harness.spec("1.0.0"));
      const second = await harness.target.observe("again");
      expect(second.versions).toHaveLength(1);
      expect(second.versions[0]!.replicas.map(({ id, restarts }) => ({ id, restarts }))).toEqual(
        first.versions[0]!.replicas.map(({ id, restarts }) => ({ id, restarts })),
      );
    });

    test("the number of replicas follows the spec, up and down", async () => {
      const { ensure } = on("scale");
      for (const replicas of [1, 3, 1]) {
        await ensure(harness.spec("1.0.0", { replicas }));
        const now = await harness.until(
          "scale",
          (seen) => ready(seen, "1.0.0") === replicas && seen.versions[0]?.replicas.length === replicas,
        );
        expect(now.versions[0]!.desired).toBe(replicas);
      }
    });

    test("a changed configuration of the same version is run by other replicas", async () => {
      const { ensure } = on("reconfigure");
      await ensure(harness.spec("1.0.0"));
      const before = await harness.until("reconfigure", (seen) => ready(seen, "1.0.0") === 1);
      await ensure(harness.spec("1.0.0", { environment: { COLOUR: "green" } }));
      const old = before.versions[0]!.replicas[0]!.id;
      await harness.until(
        "reconfigure",
        (seen) =>
          ready(seen, "1.0.0") === 1 &&
          seen.versions[0]?.replicas.every((replica) => replica.id !== old) === true,
      );
    });

    test("a version that never becomes healthy says why and is never ready", async () => {
      await on("unhealthy").ensure(harness.unhealthySpec("1.0.0"));
      const now = await harness.until("unhealthy", (seen) => {
        const replica = seen.versions[0]?.replicas[0];
        return replica?.reason !== undefined && replica.reason !== "";
      });
      expect(ready(now, "1.0.0")).toBe(0);
    });

    test("versions run beside each other, and one that is removed is gone; removing it again is fine", async () => {
      const { ensure, remove } = on("remove");
      await ensure(harness.spec("1.0.0"));
      await ensure(harness.spec("2.0.0"));
      await harness.until("remove", (seen) => ready(seen, "1.0.0") === 1 && ready(seen, "2.0.0") === 1);
      await remove("1.0.0");
      await remove("1.0.0");
      const now = await harness.until("remove", (seen) => !has(seen, "1.0.0"));
      expect(ready(now, "2.0.0")).toBe(1);
      await remove("1.0.0");
      await remove("never-there");
    });

    test("a version that was removed can be started again", async () => {
      const { ensure, remove } = on("return");
      await ensure(harness.spec("1.0.0"));
      await harness.until("return", (seen) => ready(seen, "1.0.0") === 1);
      await remove("1.0.0");
      await ensure(harness.spec("1.0.0"));
      await harness.until(
        "return",
        (seen) => ready(seen, "1.0.0") === 1 && seen.versions[0]?.isLeaving !== true,
      );
    });

    test("a version that has traffic is not removed", async () => {
      const { ensure, remove } = on("busy");
      await ensure(harness.spec("1.0.0"));
      await harness.until("busy", (seen) => ready(seen, "1.0.0") === 1);
      await harness.router.setWeights("busy", { "1.0.0": 100 });
      await expect(remove("1.0.0")).rejects.toMatchObject({ reasonCode: "deploy.has-traffic" });
      expect(ready(await harness.target.observe("busy"), "1.0.0")).toBe(1);
    });

    test("the record of a rollout is given back as it was written, and can be removed", async () => {
      const { record } = on("record");
      await record(written);
      await record(written);
      expect((await harness.target.observe("record")).rollout).toEqual(written);
      await record(null);
      await record(null);
      expect((await harness.target.observe("record")).rollout).toBeNull();
    });

    test("what a person asks of a rollout is found there until it is obeyed, and goes with the rollout", async () => {
      const { record, request } = on("request");
      const asked = { rollout: "r-1", kind: "halt", step: 2, by: "somebody", at: 1_700_000_000_000 } as const;
      const seen = async () => (await harness.target.observe("request")).request;
      await record(written);
      await request(asked);
      await request(asked);
      expect(await seen()).toEqual(asked);
      await record({ ...written, step: 3 });
      expect(await seen()).toEqual(asked);
      await request(null);
      expect(await seen()).toBeNull();
      await request(asked);
      await record(null);
      expect(await seen()).toBeNull();
    });

    test("the history holds what became stable, newest first, each with all that is needed to run it again", async () => {
      const { ensure, markStable } = on("history");
      await ensure(harness.spec("1.0.0"));
      await ensure(harness.spec("2.0.0"));
      await markStable("1.0.0");
      await markStable("1.0.0");
      await markStable("2.0.0");
      await markStable("1.0.0");
      const { stable, history } = await harness.target.observe("history");
      expect(stable).toBe("1.0.0");
      expect(history.map(({ revision, spec }) => [revision, spec.version])).toEqual([
        [3, "1.0.0"],
        [2, "2.0.0"],
        [1, "1.0.0"],
      ]);
      expect(history[1]!.spec).toEqual(harness.spec("2.0.0"));
    });

    test("the newest entry of the history says how the trusted version runs now, when that is asked for", async () => {
      const { ensure, markStable } = on("resized");
      await ensure(harness.spec("1.0.0"));
      await markStable("1.0.0");
      await ensure(harness.spec("2.0.0"));
      await markStable("2.0.0");
      await ensure(harness.spec("2.0.0", { replicas: 2 }));
      const historyOf = async () =>
        (await harness.target.observe("resized")).history.map(({ revision, spec }) => [
          revision,
          `${spec.version} x ${spec.replicas}`,
        ]);
      const one = [1, `1.0.0 x ${harness.spec("1.0.0").replicas}`];
      expect(await historyOf()).toEqual([[2, `2.0.0 x ${harness.spec("2.0.0").replicas}`], one]);
      await markStable("2.0.0");
      expect(await historyOf()).toEqual([[2, "2.0.0 x 2"], one]);
    });

    test("a version that does not run cannot become stable", async () => {
      await expect(on("unknown").markStable("9.9.9")).rejects.toMatchObject({
        reasonCode: "deploy.unknown-version",
      });
      expect((await harness.target.observe("unknown")).stable).toBeNull();
    });

    test("values of secrets are nowhere in what it says", async () => {
      await on("secret").ensure(harness.spec("1.0.0", { secrets: ["TOKEN"] }), { TOKEN: "s3cr3t-value" });
      await on("secret").markStable("1.0.0");
      const now = await harness.until("secret", (seen) => ready(seen, "1.0.0") === 1);
      expect(JSON.stringify(now)).not.toContain("s3cr3t-value");
      expect(now.history[0]!.spec.secrets).toEqual(["TOKEN"]);
    });

    test("an aborted call rejects with the reason of its signal", async () => {
      const reason = new Error("cancelled");
      const signal = AbortSignal.abort(reason);
      await on("abort").ensure(harness.spec("1.0.0"));
      await expect(harness.target.observe("abort", signal)).rejects.toBe(reason);
      await expect(
        harness.target.apply({ type: "record", service: "abort", record: null }, signal),
      ).rejects.toBe(reason);
    });
  });
}
