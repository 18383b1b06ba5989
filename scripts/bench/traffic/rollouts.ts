import type { DeployedService } from "../../../packages/documents/src/index.ts";
import type { Policy } from "../../../packages/judge/src/index.ts";
import { systemClock } from "../../../packages/process/src/index.ts";
import {
  type RolloutEvent,
  type RolloutSpec,
  rollbackService,
  runRollout,
} from "../../../packages/rollout/src/index.ts";
import type { BenchEnvironment } from "./environment.ts";

type VerdictEvent = Extract<RolloutEvent, { type: "rollout.verdict" }>;

/** Rolls a service out as the stage `deploy` does, with the counters of the data plane. */
export async function release(
  environment: BenchEnvironment,
  spec: Omit<RolloutSpec, "id" | "secrets">,
  judging?: { policy: Policy; sampleSeconds: number },
): Promise<{ deployed: DeployedService; events: RolloutEvent[] }> {
  const events: RolloutEvent[] = [];
  const { target, router, metrics } = environment;
  const deployed = await runRollout({
    target,
    router,
    clock: systemClock,
    record: (event) => void events.push(event),
    spec: { ...spec, id: `${spec.service}/${spec.version.version}`, secrets: {} },
    metrics: judging ? metrics : null,
    ...judging,
  });
  return { deployed, events };
}

/** When and why the judge took a release back; undefined when it did not. */
export const rollbackVerdict = (events: readonly RolloutEvent[]): VerdictEvent | undefined =>
  events.find(
    (event): event is VerdictEvent => event.type === "rollout.verdict" && event.data.verdict === "rollback",
  );

/** Brings a service back to a version that was trusted before, as `sluice rollback` does. */
export function bringBack({ target, router }: BenchEnvironment, service: string, to: string) {
  return rollbackService({
    target,
    router,
    clock: systemClock,
    record: () => {},
    service,
    to,
    reason: { reasonCode: "deploy.rolled-back", sentence: "Asked for by the bench." },
  });
}
