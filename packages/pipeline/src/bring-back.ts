import type { ServiceSettings } from "@sluice/config";
import { type DatabaseDecision, type Verdict, withoutSchema } from "@sluice/documents";
import type { Observation } from "@sluice/ports";
import {
  previousVersion,
  type RollbackOptions,
  type RolledBackService,
  rollbackService,
} from "@sluice/rollout";
import { isWell } from "./check-service.ts";
import type { Context } from "./context.ts";
import { recordIn } from "./record.ts";
import { decideAboutDatabase } from "./rollback-checks.ts";
import { secretsFor } from "./rollout-spec.ts";

/** What only the caller knows of a rollback; without `verify`, the service is held to its own checks. */
type Wanted = Pick<RollbackOptions, "to" | "reason" | "fence" | "verify"> & {
  /** What the judge said that led to it. */
  verdict?: Verdict | undefined;
  /** What the caller has looked up for its own decision; looked up here where it is absent. */
  known?: { seen: Observation; database: DatabaseDecision };
};

/**
 * Brings one service back to an earlier version, with its secrets and its time to start. Why it goes back, and what
 * that means for the database, is in the journal before anything is done.
 */
export async function bringBack(
  context: Context,
  settings: ServiceSettings,
  { verdict, known, ...wanted }: Wanted,
): Promise<RolledBackService> {
  await noteDecision(context, settings.name, { ...wanted, verdict, known });
  return rollbackService({
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
}

/** A journal that cannot be written is no reason to leave the traffic where it is. */
async function noteDecision(
  context: Context,
  service: string,
  { to, reason, verdict, known }: Wanted,
): Promise<void> {
  const { journal, target, onProgress } = context;
  const seen = known?.seen ?? (await target.target.observe(service));
  const from = seen.rollout?.to ?? seen.stable;
  const wanted = to ?? previousVersion(seen);
  if (from === wanted) return;
  try {
    const found = known?.database ?? decideAboutDatabase(await journal.events(), service, wanted);
    const goesAllTheSame = {
      decision: "kept",
      sentence: `${found.sentence} It goes back all the same.`,
    } as const;
    const database = found.decision === "refused" ? { ...found, ...goesAllTheSame } : found;
    const { reasonCode, sentence } = reason;
    const said = {
      reason: sentence,
      reasonCode,
      from,
      to: wanted,
      database,
      verdict: verdict ? withoutSchema(verdict) : null,
    };
    await journal.append("rollback.decided", said, service);
  } catch (error) {
    const text = `The decision to go back is not in the journal: ${error instanceof Error ? error.message : error}`;
    onProgress({ type: "warning", service, text });
  }
}
