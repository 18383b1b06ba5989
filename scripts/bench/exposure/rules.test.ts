import { describe, expect, test } from "vitest";
import type { Sample } from "../../../packages/documents/src/index.ts";
import { Follower } from "./outcome.ts";
import { rivals } from "./rules.ts";
import { scheduleOf, weightAt } from "./schedule.ts";

const schedule = scheduleOf(10);

/** What every rule does with a version that gets 100 requests a tick, of which a share fails. */
function follow(errorShare: number, ticks = 210) {
  const followers = rivals().map((rule) => new Follower(rule));
  const samples: Sample[] = [];
  for (let tick = 0; tick <= ticks; tick++) {
    const canary = { requests: 100 * tick, errors: 100 * tick * errorShare, latency: {} };
    const weight = weightAt(tick) ?? 50;
    samples.push({ t: tick * schedule.tickSeconds, weight, canary, baseline: canary });
    for (const follower of followers) follower.take(samples);
  }
  return Object.fromEntries(followers.map((each) => [each.rule.name, each.finish()]));
}

// Measured on a cluster at full length: 189 s and 9 s for Argo Rollouts, 359 s and 29 s for Flagger.
describe("the rules of other tools, ten times faster", () => {
  test("Argo Rollouts ends a release with the fourth failed measurement", () => {
    expect(follow(0.5)["Argo Rollouts, doc"]).toMatchObject({
      end: "rolled back: errors",
      seconds: 19,
      bad: 950,
    });
    expect(follow(0.5)["Argo Rollouts, fast"]).toMatchObject({ seconds: 1, bad: 50 });
  });

  test("Flagger ends it one check after the last that may fail", () => {
    expect(follow(0.5)["Flagger, doc"]).toMatchObject({ end: "rolled back: errors", seconds: 36 });
    expect(follow(0.5)["Flagger, fast"]).toMatchObject({ seconds: 3 });
  });

  test("what passes their bounds is promoted, however much worse it is than before", () => {
    expect(follow(0.04)["Argo Rollouts, doc"]).toMatchObject({ end: "promoted", seconds: null, bad: 840 });
    expect(follow(0.005)["Flagger, fast"]!.end).toBe("promoted");
  });

  test("Flagger does not raise the weight after a failed check, and answers for no more than its own weight", () => {
    const outcome = follow(0.5)["Flagger, doc"]!;
    expect(outcome.percentMinutes).toBeCloseTo((5 * 36) / 60);
  });
});
