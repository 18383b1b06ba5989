import type { Event, EventKind, EventOf, Sample, Status, Verdict } from "@sluice/documents";
import { withoutSchema } from "@sluice/documents";
import { conclude, type JudgeState, observe, type PolicyOptions, policyFor, start } from "@sluice/judge";
import type { ReportInput } from "../report.ts";
import { Version } from "./example-version.ts";

/** How a rollout ends, by the judge itself. */
export type Ending = "good" | "bad" | "creeping" | "inconclusive" | "held" | "alert";

/** What the new version does differently, in requests per second and shares of them. */
const stories: Record<Ending, { rate: number; old: number; new: number; alert?: number }> = {
  good: { rate: 120, old: 0.004, new: 0.004 },
  bad: { rate: 120, old: 0.004, new: 0.06 },
  creeping: { rate: 30, old: 0.012, new: 0.029 },
  inconclusive: { rate: 1.5, old: 0.03, new: 0.06 },
  held: { rate: 60, old: 0.07, new: 0.07 },
  alert: { rate: 120, old: 0.004, new: 0.004, alert: 150 },
};

const ends: Record<Ending, { status: Status; reasonCode: string; summary: string }> = {
  good: { status: "succeeded", reasonCode: "deploy.promoted", summary: "2.1.0 serves all traffic" },
  bad: { status: "rolled_back", reasonCode: "deploy.rolled-back", summary: "all traffic is on 2.0.0 again" },
  creeping: {
    status: "rolled_back",
    reasonCode: "deploy.rolled-back",
    summary: "all traffic is on 2.0.0 again",
  },
  inconclusive: {
    status: "inconclusive",
    reasonCode: "judge.undecided",
    summary: "The time was up before there was enough traffic to decide; all traffic is on 2.0.0 again.",
  },
  held: {
    status: "held",
    reasonCode: "deploy.held",
    summary: "The step of 25 % is held and waits for a person: `sluice promote`, or `sluice abort`.",
  },
  alert: {
    status: "rolled_back",
    reasonCode: "deploy.rolled-back",
    summary: "all traffic is on 2.0.0 again",
  },
};

const steps = [
  { weight: 5, pauseSeconds: 120 },
  { weight: 25, pauseSeconds: 120 },
  { weight: 50, pauseSeconds: 180 },
];
const everySeconds = 4;
const options: PolicyOptions = {
  steps,
  warmUpSeconds: 10,
  checkSeconds: 20,
  hasAlerts: true,
  gates: [
    { text: "latency_p99 > 200ms", metric: "latency", percentile: 99, comparison: ">", value: 200 },
    { text: "error_rate > 5%", metric: "error_rate", comparison: ">", value: 5 },
  ],
};

/** The journal of one rollout whose verdicts are those of the judge, from counters that are made up. */
export function judgedRelease(ending: Ending): ReportInput {
  const began = Date.parse("2026-03-04T12:00:00.000Z");
  const story = stories[ending];
  const events: Event[] = [];
  let now = began;
  const write = <K extends EventKind>(type: K, data: EventOf<K>["data"], service?: string): void =>
    void events.push({
      schema: "sluice/event/v1",
      sequence: events.length + 1,
      at: new Date(now).toISOString(),
      run: "run-7",
      environment: "production",
      ...(service ? { service } : {}),
      type,
      data,
    } as Event);

  const policy = policyFor(options);
  const old = new Version(5, story.old, 0.018);
  const next = new Version(9, story.new, 0.018);
  for (let second = 0; second < 120; second++) old.serve(story.rate);
  write("run.started", {
    version: "2.1.0",
    commit: "9f3c2ab4d1e0",
    committedAt: new Date(now - 900_000).toISOString(),
    actor: "anna",
  });
  write("stage.started", { stage: "deploy" });
  write("rollout.started", { from: "2.0.0", to: "2.1.0", strategy: "canary", resumed: false }, "orders");
  write("rollout.policy", { options: { ...options } as Record<string, unknown>, learned: [] }, "orders");
  now += 3000;
  const canaryAt = now;
  let state: JudgeState = start(policy);

  const read = (weight: number, mustDecide = false): Verdict => {
    const t = (now - canaryAt) / 1000;
    const firing =
      story.alert !== undefined && t >= story.alert
        ? ["CheckoutFailing", "DiskAlmostFull"]
        : ["DiskAlmostFull"];
    const alerts = story.alert === undefined ? [] : firing;
    const sample: Sample = { t, weight, canary: next.counters, baseline: old.counters, alerts };
    const judged = observe(state, sample, policy);
    state = judged.state;
    const verdict = mustDecide ? conclude(state, policy, { mustDecide }) : judged.verdict;
    write("rollout.sample", sample, "orders");
    write("rollout.verdict", withoutSchema(verdict), "orders");
    return verdict;
  };
  const split = (step: number, weight: number): void =>
    write("rollout.weights", { step, weights: { "2.1.0": weight, "2.0.0": 100 - weight } }, "orders");

  let verdict: Verdict | null = null;
  for (const [step, { weight, pauseSeconds }] of steps.entries()) {
    split(step, weight);
    const isHeld = ending === "held" && weight === 25;
    for (let seconds = 0; seconds < pauseSeconds; seconds += everySeconds) {
      now += 1000 * everySeconds;
      next.serve(Math.round((everySeconds * story.rate * weight) / 100));
      old.serve(Math.round((everySeconds * story.rate * (100 - weight)) / 100));
      verdict = read(weight);
      if (verdict.verdict === "rollback") break;
      if (isHeld && verdict.verdict === "hold" && seconds > 60) break;
    }
    if (verdict?.verdict === "rollback" || isHeld) break;
  }
  if (ending === "inconclusive") verdict = read(50, true);
  if (ending === "good") split(3, 100);
  else if (ending !== "held") {
    now += 400;
    split(3, 0);
  }
  now += 2000;
  const end = ends[ending];
  const version = ending === "good" ? "2.1.0" : "2.0.0";
  write(
    "rollout.finished",
    { ...end, version, unanswered: 0 } as EventOf<"rollout.finished">["data"],
    "orders",
  );
  const seconds = (now - began) / 1000;
  write("stage.finished", { stage: "deploy", seconds, ...end } as EventOf<"stage.finished">["data"]);
  write("run.finished", end as EventOf<"run.finished">["data"]);
  return { project: "shop", environment: "production", now, events };
}
