import type { ServiceSettings } from "@sluice/config";
import { type RollbackOptions, type RolledBackService, rollbackService } from "@sluice/rollout";
import { isWell } from "./check-service.ts";
import type { Context } from "./context.ts";
import { recordIn } from "./record.ts";
import { secretsFor } from "./rollout-spec.ts";

/** What only the caller knows of a rollback; without `verify`, the service is held to its own checks. */
type Wanted = Pick<RollbackOptions, "to" | "reason" | "fence" | "verify">;

/** Brings one service back to an earlier version, with its secrets and its time to start. */
export const bringBack = (
  context: Context,
  settings: ServiceSettings,
  wanted: Wanted,
): Promise<RolledBackService> =>
  rollbackService({
    ...context.target,
    clock: context.clock,
    onProgress: context.onProgress,
    record: recordIn(context),
    service: settings.name,
    secrets: secretsFor(context, settings),
    startTimeoutSeconds: settings.healthCheck.startTimeoutSeconds,
    verify: (version) => isWell(context, settings, version),
    ...wanted,
  });
