import type { RunView } from "@sluice/journal";
import { expect, test } from "vitest";
import { headlineOf } from "./headline.ts";

/** A run of two services that went out together; each as the journal tells its end. */
function run(status: RunView["status"], summary: string, ends: [string, string, string][]): RunView {
  const rollouts = ends.map(([service, reasonCode, message]) => ({
    ...{ service, from: "1.0.0", to: "2.0.0", strategy: "canary" as const, resumed: false },
    ...{ startedAt: 0, finishedAt: 60_000, status, reasonCode, summary: message, unanswered: null },
    ...{ weights: [], samples: [], verdicts: [], policy: null },
  }));
  return {
    ...{
      run: "1",
      environment: "production",
      version: "2.0.0",
      commit: null,
      committedAt: null,
      actor: null,
    },
    ...{ planHash: null, startedAt: 0, finishedAt: 60_000, status, reasonCode: null, summary, stages: [] },
    rollouts,
  };
}

test("of services that went back together the headline names the one because of which they did", () => {
  const view = run("rolled_back", "payments: it fails more often.", [
    ["orders", "deploy.partner-failed", "payments, with which it takes its steps, goes back."],
    ["payments", "deploy.rolled-back", "It fails more often."],
  ]);
  expect(headlineOf(view, [], null)).toEqual({
    title: "2.0.0 of payments was rolled back to 1.0.0.",
    because: "It fails more often.",
  });
});

test("of services that are held together it tells what the run says, which is why the first of them is", () => {
  const view = run("held", "payments: ada asked to halt the rollout.", [
    ["orders", "deploy.held", "2.0.0 could leave the step of 25 %, but not without the others."],
    ["payments", "deploy.held", "ada asked to halt the rollout."],
  ]);
  expect(headlineOf(view, [], null).because).toBe("payments: ada asked to halt the rollout.");
});
