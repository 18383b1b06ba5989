import type { VersionSpec } from "@sluice/ports";
import { describe, expect, test } from "vitest";
import { replicaPlan } from "./replica-plan.ts";
import { type ReplicaState, runHash, type VersionState } from "./state.ts";

const spec: VersionSpec = {
  version: "1.0.0",
  artifact: { kind: "archive", reference: "a", digest: `sha256:${"0".repeat(64)}`, tags: [] },
  replicas: 2,
  environment: {},
  secrets: [],
  command: ["node"],
  healthCheck: {
    path: "/",
    initialDelaySeconds: 0,
    timeoutSeconds: 1,
    intervalSeconds: 1,
    failureThreshold: 1,
  },
};
const replica = (id: string, changes: Partial<ReplicaState> = {}): ReplicaState => ({
  id,
  runs: runHash(spec),
  port: 1,
  restarts: 0,
  startedAt: id.charCodeAt(0),
  isLeaving: false,
  ...changes,
});
const version = (replicas: ReplicaState[], changes: Partial<VersionState> = {}): VersionState => ({
  spec,
  isLeaving: false,
  replicas,
  ...changes,
});
const ready =
  (...ids: string[]) =>
  (id: string) =>
    ids.includes(id);

describe("what separates a version from its spec", () => {
  test("nothing", () => {
    expect(replicaPlan(version([replica("a"), replica("b")]), ready())).toEqual({ start: 0, retire: [] });
  });

  test("missing replicas are started, those that leave do not count", () => {
    expect(replicaPlan(version([replica("a"), replica("b", { isLeaving: true })]), ready())).toEqual({
      start: 1,
      retire: [],
    });
  });

  test("surplus ones leave: first those that are not ready, then the youngest", () => {
    const all = ["a", "b", "c", "d"].map((id) => replica(id));
    expect(replicaPlan(version(all), ready("b", "c", "d")).retire).toEqual(["d", "a"]);
  });

  test("outdated ones stay until as many new ones as wanted are ready", () => {
    const old = [replica("a", { runs: "old" }), replica("b", { runs: "old" })];
    expect(replicaPlan(version(old), ready("a", "b"))).toEqual({ start: 2, retire: [] });
    const both = [...old, replica("c"), replica("d")];
    expect(replicaPlan(version(both), ready("a", "b", "c"))).toEqual({ start: 0, retire: [] });
    expect(replicaPlan(version(both), ready("a", "b", "c", "d"))).toEqual({ start: 0, retire: ["a", "b"] });
  });

  test("of a version that is leaving everything leaves", () => {
    const leaving = version([replica("a"), replica("b", { isLeaving: true })], { isLeaving: true });
    expect(replicaPlan(leaving, ready("a"))).toEqual({ start: 0, retire: ["a"] });
  });
});
