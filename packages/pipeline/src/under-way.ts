import type { StageName } from "@sluice/documents";
import type { Observation, OperatorRequest, RolloutRecord } from "@sluice/ports";
import { isRollback } from "@sluice/rollout";
import type { Context } from "./context.ts";

/** A change of one service that has not come to its end: a rollout, or the watch after one. */
export interface UnderWay {
  service: string;
  /** What a request names, so that it is obeyed by the one that was meant. */
  id: string;
  kind: "rollout" | "watch";
  from: string | null;
  to: string;
  step: number;
  /** It is a way back already: there is nothing more to be asked of it. */
  isGoingBack: boolean;
  record: RolloutRecord | null;
  seen: Observation;
}

/** The id by which a request names the watch of a version; there is no rollout any more that had one. */
export const watchId = (service: string, version: string): string => `watch/${service}/${version}`;

/**
 * What is under way in an environment. Only looks: nothing is started by asking.
 *
 * @param stage the stage of the run that holds the lock: in `watch`, what it watches can be asked for something too
 */
export async function changesUnderWay(
  { target, signal }: Pick<Context, "target" | "signal">,
  stage: StageName | null,
): Promise<UnderWay[]> {
  return (await target.list(signal)).flatMap((seen) => changeOf(seen, stage) ?? []);
}

/** What is under way with one service; null for nothing, also while a promoted version only lets the old one go. */
export function changeOf(seen: Observation, stage: StageName | null): UnderWay | null {
  const { service, rollout: record, stable, history } = seen;
  if (record && record.phase !== "draining" && stable !== record.to) {
    const { id, from, to, step } = record;
    const isGoingBack = record.phase === "aborting" || isRollback(id);
    return { service, id, kind: "rollout", from, to, step, isGoingBack, record, seen };
  }
  if (stage !== "watch" || stable === null) return null;
  const from = record?.from ?? history.find(({ spec }) => spec.version !== stable)?.spec.version ?? null;
  const id = watchId(service, stable);
  return { service, id, kind: "watch", from, to: stable, step: 0, isGoingBack: false, record: null, seen };
}

/** Whether a change need not be asked to end: it goes back already, was asked for something, or is of the version that is wanted. */
export const needsNoRequest = (
  { isGoingBack, to, id, seen }: UnderWay,
  wanted: string | undefined,
): boolean => isGoingBack || to === wanted || seen.request?.rollout === id;

/** Leaves a request for a change on the target, where the run that carries it out finds it. */
export async function leaveRequest(
  { target, clock, actor, owner, signal }: Pick<Context, "target" | "clock" | "actor" | "owner" | "signal">,
  change: Pick<UnderWay, "service" | "id" | "step">,
  kind: OperatorRequest["kind"],
  reason?: string,
): Promise<OperatorRequest> {
  const { id: rollout, step, service } = change;
  const request: OperatorRequest = {
    ...{ rollout, kind, step, by: actor ?? owner, at: clock.now() },
    ...(reason ? { reason } : {}),
  };
  await target.target.apply({ type: "request", service, request }, signal);
  return request;
}

/** Takes back what nobody is there to obey, so that no later run finds it. */
export const withdrawRequest = ({ target }: Pick<Context, "target">, service: string): Promise<void> =>
  target.target.apply({ type: "request", service, request: null });
