import { setTimeout as sleep } from "node:timers/promises";
import type { DeployedService } from "../../../packages/documents/src/index.ts";
import type { Policy } from "../../../packages/judge/src/index.ts";
import {
  type RolloutEvent,
  type RolloutSpec,
  rollbackService,
  runRollout,
} from "../../../packages/rollout/src/index.ts";
import type { BenchEnvironment } from "./environment.ts";

const clock = {
  now: () => Date.now(),
  sleep: (milliseconds: number, signal?: AbortSignal) => sleep(milliseconds, undefined, { signal }),
};

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
    clock,
    record: (event) => void events.push(event),
    spec: { ...spec, id: `${spec.service}/${spec.version.version}`, secrets: {} },
    metrics: judging ? metrics : null,
    ...judging,
  });
  return { deployed, events };
}

/** Brings a service back to a version that was trusted before, as `sluice rollback` does. */
export function bringBack({ target, router }: BenchEnvironment, service: string, to: string) {
  return rollbackService({
    target,
    router,
    clock,
    record: () => {},
    service,
    to,
    reason: { reasonCode: "deploy.rolled-back", sentence: "Asked for by the bench." },
  });
}
