import type { Event, EventKind, EventOf, Status } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { figures } from "./figures.ts";
import { lastDeployment, runs, samplesOf } from "./runs.ts";

const monday = Date.parse("2026-03-02T08:00:00.000Z");
const HOUR = 3600;
const DAY = 24 * HOUR;

/** Writes a journal: every call is one event, `seconds` after Monday 08:00. */
function history() {
  const events: Event[] = [];
  const at = <K extends EventKind>(
    seconds: number,
    run: string,
    type: K,
    data: EventOf<K>["data"],
    service?: string,
  ) => {
    events.push({
      schema: "sluice/event/v1",
      sequence: events.length + 1,
      at: new Date(monday + seconds * 1000).toISOString(),
      run,
      environment: "production",
      ...(service ? { service } : {}),
      type,
      data,
    } as Event);
  };
  const deployment = (
    start: number,
    run: string,
    status: Status,
    { leadHours = 2, unanswered = 0 }: { leadHours?: number; unanswered?: number } = {},
  ) => {
    const committedAt = new Date(monday + (start + 600 - leadHours * HOUR) * 1000).toISOString();
    at(start, run, "run.started", { version: run, committedAt });
    at(start, run, "stage.started", { stage: "deploy" });
    at(
      start + 10,
      run,
      "rollout.started",
      { from: "0", to: run, strategy: "canary", resumed: false },
      "orders",
    );
    at(start + 60, run, "rollout.weights", { step: 0, weights: { [run]: 5, "0": 95 } }, "orders");
    const end = { status, reasonCode: "deploy.promoted" as const, version: run, summary: "", unanswered };
    at(start + 600, run, "rollout.finished", end, "orders");
    at(start + 600, run, "stage.finished", {
      stage: "deploy",
      status,
      reasonCode: "deploy.promoted",
      seconds: 600,
      summary: "",
    });
    at(start + 600, run, "run.finished", { status, reasonCode: "run.succeeded", summary: "" });
  };
  return { events, at, deployment };
}
const week = { from: monday, to: monday + 7 * DAY * 1000 };

describe("the figures of a week", () => {
  test("deployment frequency counts successes per day (R458)", () => {
    const { events, deployment } = history();
    for (let day = 0; day < 7; day++) {
      deployment(day * DAY, `${day}a`, "succeeded");
      deployment(day * DAY + HOUR, `${day}b`, "rolled_back");
    }
    expect(figures(events, week).deploymentFrequency).toMatchObject({
      value: 1,
      unit: "per day",
      counted: 7,
    });
  });

  test("lead time is the median from commit to the end of the deployment (R459)", () => {
    const { events, deployment } = history();
    deployment(0, "a", "succeeded", { leadHours: 1 });
    deployment(DAY, "b", "succeeded", { leadHours: 2 });
    deployment(2 * DAY, "c", "succeeded", { leadHours: 30 });
    expect(figures(events, week).leadTime.value).toBe(2 * HOUR);
  });

  test("time to restore is from the first traffic on the bad version to the end of its rollback (R460, R465)", () => {
    const { events, deployment } = history();
    deployment(0, "bad", "rolled_back");
    expect(figures(events, week).timeToRestore).toMatchObject({ value: 540, counted: 1, meetsTarget: true });
  });

  test("a failure that was not rolled back lasts until the next good deployment (R460)", () => {
    const { events, deployment } = history();
    deployment(0, "bad", "failed");
    deployment(HOUR, "good", "succeeded");
    expect(figures(events, week).timeToRestore).toMatchObject({
      value: HOUR + 600 - 60,
      meetsTarget: false,
    });
  });

  test("change failure, success and rollback rates are shares of decided deployments (R307, R461, R462, R463, R464, R466)", () => {
    const { events, deployment } = history();
    for (let i = 0; i < 17; i++) deployment(i * HOUR, `good${i}`, "succeeded");
    deployment(18 * HOUR, "bad", "rolled_back");
    deployment(19 * HOUR, "worse", "failed");
    deployment(20 * HOUR, "worst", "rollback_failed");
    deployment(21 * HOUR, "asked", "held");
    deployment(22 * HOUR, "stopped", "cancelled");
    const all = figures(events, week);
    expect(all.changeFailureRate).toMatchObject({ value: 15, counted: 20, meetsTarget: false });
    expect(all.successRate).toMatchObject({ value: 85, meetsTarget: false });
    expect(all.rollbackRate).toMatchObject({ value: 10 });
  });

  test("a release that a person took back later is a failed change (R403, R461, R463)", () => {
    const { events, at, deployment } = history();
    deployment(0, "a", "succeeded");
    at(2 * HOUR, "undo", "run.started", { version: "0" });
    at(2 * HOUR, "undo", "stage.started", { stage: "rollback" });
    at(2 * HOUR + 90, "undo", "run.finished", {
      status: "rolled_back",
      reasonCode: "rollback.verified",
      summary: "",
    });
    const all = figures(events, week);
    expect(all.changeFailureRate.value).toBe(100);
    expect(all.rollbackRate.value).toBe(100);
    expect(all.timeToRestore.value).toBe(90);
  });

  test("zero downtime needs a router that counted every request (R467)", () => {
    const { events, deployment } = history();
    deployment(0, "a", "succeeded");
    deployment(HOUR, "b", "succeeded", { unanswered: 3 });
    expect(figures(events, week).zeroDowntime).toMatchObject({ value: 50, counted: 2, meetsTarget: false });
  });

  test("have the targets of the documents (R464–R467)", () => {
    const { successRate, timeToRestore, changeFailureRate, zeroDowntime } = figures([], week);
    expect([successRate, timeToRestore, changeFailureRate, zeroDowntime].map(({ target }) => target)).toEqual(
      [
        { relation: ">", value: 95 },
        { relation: "<", value: 30 * 60 },
        { relation: "<", value: 5 },
        { relation: "=", value: 100 },
      ],
    );
  });

  test("nothing happened is no number, not zero", () => {
    for (const figure of Object.values(figures([], week)))
      expect(figure).toMatchObject({ value: null, counted: 0, meetsTarget: null });
  });
});

describe("views of the journal", () => {
  test("a run has its stages with durations and its rollouts with what was seen (R307, R401)", () => {
    const { events, deployment } = history();
    deployment(0, "2.0.0", "succeeded");
    const [run] = runs(events);
    expect(run).toMatchObject({ version: "2.0.0", status: "succeeded", finishedAt: monday + 600_000 });
    expect(run?.stages).toMatchObject([{ stage: "deploy", seconds: 600, status: "succeeded" }]);
    expect(run?.rollouts[0]).toMatchObject({ service: "orders", from: "0", to: "2.0.0", unanswered: 0 });
    expect(run?.rollouts[0]?.weights).toHaveLength(1);
  });

  test("a run that was killed is running until somebody says how it ended", () => {
    const { events, at } = history();
    at(0, "r", "run.started", { version: "1" });
    at(1, "r", "stage.started", { stage: "build" });
    expect(runs(events)[0]).toMatchObject({
      status: "running",
      finishedAt: null,
      stages: [{ status: "running", seconds: null }],
    });
  });

  test("a run of single stages, as steps of a job are, ended as they did", () => {
    const { events, at } = history();
    const stage = (start: number, name: "build" | "deploy" | "rollback" | "report", status: Status) => {
      at(start, "r", "stage.started", { stage: name });
      const running = runs(events)[0];
      const end = { status, reasonCode: "run.reported" as const, seconds: 1, summary: name };
      at(start + 1, "r", "stage.finished", { stage: name, ...end });
      return [running?.status, runs(events)[0]?.status, runs(events)[0]?.summary];
    };
    expect(stage(0, "build", "succeeded")).toEqual(["running", "succeeded", "build"]);
    expect(stage(2, "deploy", "failed")).toEqual(["running", "failed", "deploy"]);
    expect(stage(4, "report", "succeeded")).toEqual(["running", "failed", "deploy"]);
    expect(stage(6, "rollback", "rolled_back")).toEqual(["running", "rolled_back", "rollback"]);
    expect(runs(events)[0]?.finishedAt).toBe(monday + 7000);
  });

  test("the last deployment is the newest that succeeded, of one service or of any", () => {
    const { events, deployment } = history();
    deployment(0, "1.0.0", "succeeded");
    deployment(HOUR, "2.0.0", "rolled_back");
    expect(lastDeployment(events)).toMatchObject({ version: "1.0.0", service: "orders" });
    expect(lastDeployment(events, "web")).toBeNull();
  });

  test("samples of a run are those of the service asked for", () => {
    const { events, at } = history();
    const sample = { t: 1, weight: 5, canary: null, baseline: null };
    at(1, "r", "rollout.sample", sample, "orders");
    at(1, "r", "rollout.sample", { ...sample, t: 2 }, "web");
    expect(samplesOf(events, "r", "orders")).toEqual([sample]);
  });
});
