import { allOf, formatDuration } from "@sluice/config";
import type { DetailsOf, Problem, Result, Status } from "@sluice/documents";
import { type Recheck, rechecks } from "@sluice/journal";
import type { Observation } from "@sluice/ports";
import { chosenServices } from "../choose.ts";
import type { Context } from "../context.ts";
import { withLock } from "../lock.ts";
import { type LookedAgain, lookAgain } from "../look-again.ts";
import { runStage, type StageOutcome } from "../stage.ts";
import { rollbackStage } from "./rollback.ts";

export interface RecheckRequest {
  services?: readonly string[];
}

interface Looked extends LookedAgain {
  recheck: Recheck;
  /** The version before still runs, so it can have the traffic back within seconds. */
  canGoBack: boolean;
}

/**
 * Looks again at what was deployed an hour and a day ago (`watch.recheck.after`), notes in the journal what it found,
 * and says what to do about it. Rolls back only where `watch.recheck.rollback` allows it and the version before still
 * stands by. Does nothing where nothing is due, so it can be run as often as one likes.
 */
export async function recheckStage(context: Context, request: RecheckRequest): Promise<Result> {
  const { rollback } = context.environment.watch.recheck;
  let looked: Looked[] = [];
  const result = await runStage(context, "watch", undefined, async () => {
    const found = await lookAtWhatIsDue(context, request);
    looked = found.looked;
    return looked.length === 0 ? nothingDue(found.nextAt) : outcomeOf(looked, rollback);
  });
  const bad = looked.filter(({ status, canGoBack }) => status === "failed" && canGoBack);
  if (rollback && bad.length > 0)
    return rollbackStage(context, {
      services: bad.map(({ recheck }) => recheck.service),
      from: bad[0]!.recheck.version,
      reason: `A re-check ${formatDuration(bad[0]!.recheck.afterSeconds)} after the deployment has failed: ${result.summary}`,
    });
  await letOldGo(context, looked);
  return result;
}

async function lookAtWhatIsDue(
  context: Context,
  request: RecheckRequest,
): Promise<{ looked: Looked[]; nextAt: number | null }> {
  const events = await context.journal.events();
  const { after } = context.environment.watch.recheck;
  const { due, nextAt } = rechecks(events, after, context.clock.now());
  const looked: Looked[] = [];
  for (const settings of chosenServices(context, request.services)) {
    const recheck = due.find(({ service }) => service === settings.name);
    if (!recheck) continue;
    const seen = (await context.target.list(context.signal)).find(({ service }) => service === settings.name);
    if (!seen || !isStillThere(seen, recheck)) {
      const text = `${recheck.version} has not all of the traffic any more, or not yet again; it is not looked at now`;
      context.onProgress({ type: "message", service: settings.name, text });
      continue;
    }
    const found = await lookAgain(context, settings, recheck, events, seen);
    looked.push({ ...found, recheck, canGoBack: standsBy(seen, recheck.from) });
    const { status, reasonCode, service } = found;
    const { version, afterSeconds } = recheck;
    // What could not be read is looked at again with the next run.
    if (status !== "inconclusive")
      await context.journal.append(
        "recheck.finished",
        { version, dueAfterSeconds: afterSeconds, status, reasonCode, summary: service.message },
        settings.name,
      );
  }
  return { looked, nextAt };
}

const isStillThere = ({ stable, rollout, weights }: Observation, { version }: Recheck): boolean =>
  stable === version && (rollout === null || rollout.phase === "draining") && (weights[version] ?? 0) > 99.99;

const standsBy = ({ versions }: Observation, version: string | null): boolean =>
  versions.some(
    (one) => one.version === version && !one.isLeaving && one.replicas.some(({ isReady }) => isReady),
  );

const nothingDue = (nextAt: number | null): StageOutcome => ({
  status: "skipped",
  reasonCode: "watch.not-due",
  summary: `No deployment is due for a re-check${nextAt === null ? "." : `; the next one is at ${new Date(nextAt).toISOString()}.`}`,
  details: null,
});

function outcomeOf(looked: readonly Looked[], mayRollBack: boolean): StageOutcome {
  const details: DetailsOf<"watch"> = {
    stage: "watch",
    seconds: Math.max(...looked.map(({ recheck }) => recheck.afterSeconds)),
    services: looked.map(({ service }) => service),
  };
  const failed = looked.filter(({ status }) => status === "failed");
  const worst = failed[0] ?? looked.find(({ status }) => status === "inconclusive") ?? looked[0]!;
  const sayOf = (list: readonly Looked[]) =>
    list.map(({ service }) => `${service.name}: ${service.message}`).join(" ");
  return {
    status: worst.status as Status,
    reasonCode: worst.reasonCode,
    summary: failed.length > 0 ? sayOf(failed) : sayOf(looked),
    problems: failed.map((one) => adviceOn(one, mayRollBack)),
    details,
  };
}

function adviceOn({ reasonCode, service, recheck, canGoBack }: Looked, mayRollBack: boolean): Problem {
  const back = `\`sluice rollback --services ${recheck.service}${recheck.from ? ` --to ${recheck.from}` : ""}\``;
  const how = canGoBack
    ? mayRollBack
      ? `It is rolled back to ${recheck.from}, which still stands by.`
      : `${recheck.from} still stands by: ${back} takes seconds. \`watch.recheck.rollback: true\` does it without being asked.`
    : recheck.from === null
      ? "There is no version before it; mend it with a new release."
      : `${recheck.from} does not run any more: ${back} starts it again, or mend it with a new release.`;
  return {
    severity: "error",
    reasonCode,
    message: `${recheck.version} of ${recheck.service}, ${formatDuration(recheck.afterSeconds)} after its deployment: ${service.message}`,
    remedy: how,
  };
}

/** After the last look at a deployment that was well, the version before need not stand by any longer. */
async function letOldGo(context: Context, looked: readonly Looked[]): Promise<void> {
  const done = looked.filter(
    ({ status, recheck, canGoBack }) => status === "succeeded" && recheck.isLast && canGoBack,
  );
  if (done.length === 0) return;
  await withLock(
    context,
    async (fence) => {
      for (const { recheck } of done) {
        const { service, version, from } = recheck;
        const { rollout } = await context.target.target.observe(service);
        if (rollout?.phase !== "draining" || rollout.to !== version || from === null) continue;
        await fence();
        await context.target.target.apply({ type: "remove-version", service, version: from });
        await context.target.target.apply({ type: "record", service, record: null });
      }
    },
    { seconds: context.environment.limits.lockWait },
  );
  const names = allOf(done.map(({ recheck }) => recheck.service));
  context.onProgress({ type: "message", text: `the old versions of ${names} need not stand by any longer` });
}
