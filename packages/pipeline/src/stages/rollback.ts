import type { ServiceSettings } from "@sluice/config";
import {
  type Check,
  type DatabaseDecision,
  type Event,
  Refusal,
  type Result,
  type RollbackDetails,
  type Verdict,
} from "@sluice/documents";
import type { Observation } from "@sluice/ports";
import { previousVersion } from "@sluice/rollout";
import { bringBack } from "../bring-back.ts";
import { checkService, healthOf } from "../check-service.ts";
import { chosenServices } from "../choose.ts";
import type { Context } from "../context.ts";
import { cameBefore } from "../earlier-run.ts";
import { type Fence, holdsLock, withLock } from "../lock.ts";
import { decideAboutDatabase, refuseContract, refuseRollbackOfRollback } from "../rollback-checks.ts";
import { type AskedAbout, lookBefore, refuseChanged, rollbackPatience } from "../rollback-turn.ts";
import { runStage, type StageOutcome } from "../stage.ts";
import { tellSecrets } from "../tell-secrets.ts";
import { watchAfterRollback } from "../watch-after-rollback.ts";

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
  /** The verdicts that led to it, by service; absent when a person decided. */
  verdicts?: Readonly<Record<string, Verdict>>;
  /** Go back although a migration was applied that the older version may not survive. */
  acceptContract?: boolean;
  /** Say what would be done and change nothing. */
  dryRun?: boolean;
}

type RolledBack = RollbackDetails["services"][number];

/** What one rollback gathers, service by service. */
interface Gathered {
  done: RolledBack[];
  checks: Check[];
  refusals: Refusal[];
  databases: DatabaseDecision[];
}

/**
 * Brings services back, in the opposite order of a deployment: the traffic of each first, then its checks. A cancelled
 * run is no reason to stop half-way: a rollback goes on until every service is back or has failed to be.
 *
 * While another run is at work, that run is asked to take its release back, and this one waits for it; what is left to
 * do then is done here. Whatever was under way when it was asked for is what goes: services that it had not reached
 * keep their version.
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
    const isPartOfRun = holdsLock(context);
    const asked = await lookBefore(context);
    const outcome = await withLock(
      context,
      async (fence) => {
        const gathered: Gathered = { done: [], checks: [], refusals: [], databases: [] };
        for (const settings of services)
          await takeOneBack(context, request, settings, asked, fence, gathered);
        const { done, checks, refusals, databases } = gathered;
        const database = databases.find(({ decision }) => decision === "kept") ?? databases[0];
        const details: RollbackDetails = {
          stage: "rollback",
          reason: request.reason,
          services: done,
          checks,
          ...(database ? { database } : {}),
        };
        return outcomeOf(details, refusals);
      },
      rollbackPatience(context, request.to || undefined, request.reason),
    );
    // A run that holds the lock for more than this watches when it has given it back, so that a fix need not wait.
    return isPartOfRun ? outcome : watchAfterRollback(context, outcome);
  });
}

async function takeOneBack(
  context: Context,
  request: RollbackRequest,
  settings: ServiceSettings,
  asked: AskedAbout,
  fence: Fence,
  { done, checks, refusals, databases }: Gathered,
): Promise<void> {
  const { name } = settings;
  const verify = async (version: string) => {
    const found = await checkService(context, settings, { version });
    checks.push(...found);
    return healthOf(found);
  };
  try {
    const unwanted = request.from || (request.to ? undefined : unwantedOf(asked, name));
    const seen = await context.target.target.observe(name);
    const spared = spare(seen, unwanted);
    if (spared) {
      const wasThere = unwanted !== undefined && isReached(asked.seen.get(name), unwanted);
      done.push(wasThere && spared.to !== null ? await confirmed(spared, unwanted, verify) : spared);
      return;
    }
    const events = await context.journal.events();
    if (request.from && !request.to && wasThere(context, events, seen, request.from)) {
      done.push(skipped(seen, `${name} runs ${seen.stable} since before this run.`));
      return;
    }
    if (!request.to && unwanted === undefined) {
      refuseChanged(asked.seen.get(name), seen);
      refuseRollbackOfRollback(events, seen);
    }
    const target = request.to || previousVersion(seen);
    const database = decideAboutDatabase(events, name, target);
    if (!request.acceptContract) refuseContract(database, name, target);
    databases.push(database);
    await tellSecrets(context, settings);
    done.push(
      await bringBack(context, settings, {
        to: request.to || undefined,
        reason: { reasonCode: "rollback.requested", sentence: request.reason },
        fence,
        verify,
        verdict: request.verdicts?.[name],
        known: { seen, database },
      }),
    );
  } catch (error) {
    if (!(error instanceof Refusal) || error.reasonCode.startsWith("run.")) throw error;
    refusals.push(error);
  }
}

/** The version that goes: the one that was on its way when the rollback was asked for; undefined when none was. */
const unwantedOf = ({ changes }: AskedAbout, name: string): string | undefined =>
  (changes.find(({ service }) => service === name) ?? changes[0])?.to;

const isReached = (seen: Observation | undefined, version: string): boolean =>
  seen !== undefined &&
  (seen.stable === version || seen.rollout?.to === version || (seen.weights[version] ?? 0) > 0);

/** The entry of a service that the unwanted version never reached, or has left; null when there is something to take back. */
function spare(seen: Observation, unwanted: string | undefined): RolledBack | null {
  if (!unwanted || isReached(seen, unwanted)) return null;
  return skipped(seen, `${seen.service} runs ${seen.stable ?? "nothing"}; ${unwanted} never got there.`);
}

const skipped = ({ service: name, stable }: Observation, message: string): RolledBack => ({
  name,
  from: stable,
  to: stable,
  secondsUntilTrafficBack: null,
  status: "skipped",
  message,
});

/** The unwanted version was trusted before the run that wants to get rid of it, which may have been refused for that. */
const wasThere = (
  { run }: Context,
  events: readonly Event[],
  { service, stable }: Observation,
  unwanted: string,
): boolean => stable === unwanted && cameBefore(events, run, service, unwanted);

/** The entry of a service that the run at work has taken back, as it was asked to; it counts when its checks pass. */
async function confirmed(
  { name, to }: RolledBack,
  unwanted: string,
  verify: (version: string) => Promise<{ isHealthy: boolean; message: string }>,
): Promise<RolledBack> {
  const { isHealthy, message } = await verify(to!);
  const back = { name, from: unwanted, to, secondsUntilTrafficBack: null };
  return isHealthy
    ? {
        ...back,
        status: "rolled_back",
        message: `All traffic of ${name} is on ${to} again: the run that rolled ${unwanted} out took it back, as it was asked to.`,
      }
    : {
        ...back,
        status: "rollback_failed",
        message: `${name} is back on ${to}, and not healthy: ${message}`,
      };
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
