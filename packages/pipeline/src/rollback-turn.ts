import { Refusal } from "@sluice/documents";
import type { Observation } from "@sluice/ports";
import type { Context } from "./context.ts";
import { holdsLock } from "./lock.ts";
import { holderOf, type Patience } from "./lock-wait.ts";
import { changeOf, changesUnderWay, leaveRequest, needsNoRequest, type UnderWay } from "./under-way.ts";

/** What was there when somebody asked for a rollback. It may have to wait for its turn, and the world moves on. */
export interface AskedAbout {
  /** By service. */
  seen: ReadonlyMap<string, Observation>;
  /** What is on its way forward; going back means to take that away, and nothing else. */
  changes: readonly UnderWay[];
}

/** Looks at the environment before a rollback waits for its turn. Nothing is started by that. */
export async function lookBefore(context: Context): Promise<AskedAbout> {
  const holder = holdsLock(context) ? null : await holderOf(context);
  const all = await context.target.list(context.signal);
  const changes = all.flatMap((seen) => changeOf(seen, holder?.stage ?? null) ?? []);
  return {
    seen: new Map(all.map((one) => [one.service, one])),
    changes: changes.filter(({ isGoingBack }) => !isGoingBack),
  };
}

/**
 * How a rollback waits for a run that is at work: it asks it to take its own release back, which that run does faster
 * than anybody who would have to wait for its lock, and then looks at what is left to do.
 */
export function rollbackPatience(context: Context, to: string | undefined, reason: string): Patience {
  return {
    seconds: context.environment.limits.lockWait,
    meanwhile: async ({ run, stage }) => {
      for (const change of await changesUnderWay(context, stage)) {
        if (needsNoRequest(change, to)) continue;
        await leaveRequest(context, change, "abort", reason);
        const text = `asked run ${run} to take ${change.to} back`;
        context.onProgress({ type: "message", service: change.service, text });
      }
      await endKeeping(context, reason);
    },
  };
}

/** A run that only keeps an old version for a while need not do that any longer: it comes back at once. */
async function endKeeping(context: Context, reason: string): Promise<void> {
  for (const { service, rollout, request } of await context.target.list(context.signal))
    if (rollout?.phase === "draining" && !request)
      await leaveRequest(context, { service, ...rollout }, "halt", reason);
}

/**
 * Refuses to go on when another version became the trusted one while a rollback waited: what "the version before" is
 * has changed, and what was asked for may be wrong now.
 *
 * @throws Refusal `rollback.changed-meanwhile`
 */
export function refuseChanged(before: Observation | undefined, now: Observation): void {
  if (!before || before.stable === now.stable) return;
  throw new Refusal({
    reasonCode: "rollback.changed-meanwhile",
    message: `${now.service} ran ${before.stable ?? "nothing"} when the rollback was asked for, and runs ${now.stable ?? "nothing"} now: another run was faster.`,
    remedy: "Look at `sluice status`, and ask again, best with `--to`.",
  });
}
