import { type Check, Refusal, type Result, type RollbackDetails } from "@sluice/documents";
import { bringBack } from "../bring-back.ts";
import { checkService, healthOf } from "../check-service.ts";
import { chosenServices } from "../choose.ts";
import type { Context } from "../context.ts";
import { withLock } from "../lock.ts";
import { runStage, type StageOutcome } from "../stage.ts";
import { tellSecrets } from "../tell-secrets.ts";

export interface RollbackRequest {
  /** Version to go back to; the previous one of each service when it is left out. */
  to?: string;
  services?: readonly string[];
  /**
   * The version to get rid of: a service that neither runs it nor was on its way to it is left alone. So a
   * rollback after a failed deployment takes back what that deployment did, and nothing when it did nothing.
   */
  from?: string;
  /** Why; it is recorded. */
  reason: string;
  /** Say what would be done and change nothing. */
  dryRun?: boolean;
}

type RolledBack = RollbackDetails["services"][number];

/**
 * Brings services back, in the opposite order of a deployment, the traffic of each first. A cancelled run is no
 * reason to stop half-way: a rollback goes on until every service is back or has failed to be.
 */
export function rollbackStage(context: Context, request: RollbackRequest): Promise<Result> {
  return runStage(context, "rollback", request.to || undefined, async () => {
    const services = chosenServices(context, request.services).toReversed();
    if (request.dryRun)
      return announce(
        context,
        services.map(({ name }) => name),
        request,
      );
    return withLock(context, async (fence) => {
      const done: RolledBack[] = [];
      const checks: Check[] = [];
      const refusals: Refusal[] = [];
      for (const settings of services) {
        try {
          const spared = await spare(context, settings.name, request.from);
          if (spared) {
            done.push(spared);
            continue;
          }
          await tellSecrets(context, settings);
          const back = await bringBack(context, settings, {
            to: request.to || undefined,
            reason: { reasonCode: "rollback.requested", sentence: request.reason },
            fence,
            verify: async (version) => {
              const found = await checkService(context, settings, { version });
              checks.push(...found);
              return healthOf(found);
            },
          });
          done.push(back);
        } catch (error) {
          if (!(error instanceof Refusal) || error.reasonCode.startsWith("run.")) throw error;
          refusals.push(error);
        }
      }
      return outcomeOf({ stage: "rollback", reason: request.reason, services: done, checks }, refusals);
    });
  });
}

/** The entry of a service that the unwanted version never reached; null when there is something to take back. */
async function spare(
  context: Context,
  name: string,
  unwanted: string | undefined,
): Promise<RolledBack | null> {
  if (!unwanted) return null;
  const { stable, rollout, weights } = await context.target.target.observe(name);
  const isReached = stable === unwanted || rollout?.to === unwanted || (weights[unwanted] ?? 0) > 0;
  if (isReached) return null;
  const message = `${name} runs ${stable ?? "nothing"}; ${unwanted} never got there.`;
  return { name, from: stable, to: stable, secondsUntilTrafficBack: null, status: "skipped", message };
}

function outcomeOf(details: RollbackDetails, refusals: readonly Refusal[]): StageOutcome {
  const failed = details.services.filter(({ status }) => status === "rollback_failed");
  const back = details.services.filter(({ status }) => status === "rolled_back");
  const problems = refusals.flatMap((refusal) => [...refusal.problems]);
  if (failed.length > 0)
    return {
      status: "rollback_failed",
      reasonCode: "rollback.failed",
      summary: failed.map(({ message }) => message).join(" "),
      problems: [
        ...failed.map(({ message }) => ({
          severity: "error" as const,
          reasonCode: "rollback.failed" as const,
          message,
        })),
        ...problems,
      ],
      details,
    };
  // A service without an earlier version is no failure where others came back; alone it is.
  const [first] = refusals;
  if (first && back.length === 0)
    return {
      status: "failed",
      reasonCode: first.reasonCode,
      summary: first.problems[0].message,
      problems,
      details,
    };
  const notes = problems.map((problem) => ({ ...problem, severity: "warning" as const }));
  if (back.length === 0)
    return {
      status: "skipped",
      reasonCode: "rollback.nothing-to-do",
      summary: `Nothing had to be taken back: ${details.services.map(({ message }) => message).join(" ")}`,
      problems: notes,
      details,
    };
  const names = back.map(({ name, to }) => `${name} ${to ?? "nothing"}`).join(", ");
  return {
    status: "rolled_back",
    reasonCode: "rollback.verified",
    summary: `All traffic is back and verified: ${names}.`,
    problems: notes,
    details,
  };
}

async function announce(
  context: Context,
  names: readonly string[],
  request: RollbackRequest,
): Promise<StageOutcome> {
  const lines: string[] = [];
  // Only looks: asking the target about one service may start what was stopped.
  const all = await context.target.list(context.signal);
  for (const name of names) {
    const seen = all.find(({ service }) => service === name);
    if (!seen) {
      lines.push(`${name}: it was never deployed`);
      continue;
    }
    const known = [...new Set(seen.history.map(({ spec }) => spec.version))];
    const to =
      request.to || (seen.rollout ? seen.rollout.from : known.find((version) => version !== seen.stable));
    const from = seen.rollout?.to ?? seen.stable;
    lines.push(to ? `${name}: ${from ?? "nothing"} -> ${to}` : `${name}: there is no earlier version`);
  }
  for (const text of lines) context.onProgress({ type: "message", text });
  return {
    status: "skipped",
    reasonCode: "rollback.dry-run",
    summary: `Nothing was changed. ${lines.join("; ")}.`,
    details: null,
  };
}
