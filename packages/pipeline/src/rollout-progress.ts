import { formatDuration, type ServiceSettings } from "@sluice/config";
import type { Event, EventOf } from "@sluice/documents";
import type { Observation, RolloutRecord } from "@sluice/ports";
import { type Step, stepsOf } from "@sluice/rollout";
import type { Context } from "./context.ts";
import type { Holder } from "./lock-wait.ts";
import { stepShapeOf } from "./rollout-spec.ts";

/** A rollout as somebody sees it who does not carry it out. Times as in ISO 8601. */
export interface RolloutProgress {
  service: string;
  from: string | null;
  to: string;
  strategy: RolloutRecord["strategy"];
  phase: RolloutRecord["phase"];
  /** The step that is under way, from 1, of how many, and the share that it gives the new version. */
  step: { number: number; of: number; weight: number };
  startedAt: string;
  /** How long it has been under way, in seconds. */
  seconds: number;
  /** Run and owner that carry it out; null when nobody does. */
  carriedOutBy: { run: string; owner: string } | null;
  /** What it waits for, in words. */
  waitingFor: string;
  /** What the judge said last; null when it has not. */
  judged: string | null;
  /** What a person has asked of it and it has not obeyed yet. */
  request: { kind: string; by: string; at: string; reason?: string } | null;
}

/** How far a rollout is, from the target, the configuration and the journal; null when none is under way. */
export function progressOf(
  context: Pick<Context, "environment" | "services" | "clock">,
  seen: Observation,
  events: readonly Event[],
  holder: Holder | null,
): RolloutProgress | null {
  const { service, rollout: record, request } = seen;
  if (!record) return null;
  const settings = context.services.find(({ name }) => name === service);
  const steps = settings ? stepsFor(context, settings, seen, record) : [];
  const index = Math.min(record.step, Math.max(0, steps.length - 1));
  const now = context.clock.now();
  const verdict = events.findLast(
    (event): event is EventOf<"rollout.verdict"> =>
      event.type === "rollout.verdict" &&
      event.service === service &&
      Date.parse(event.at) >= record.startedAt,
  );
  return {
    ...{ service, from: record.from, to: record.to, strategy: record.strategy, phase: record.phase },
    step: {
      number: index + 1,
      of: Math.max(steps.length, index + 1),
      weight: record.phase === "draining" ? 100 : (steps[index]?.weight ?? seen.weights[record.to] ?? 0),
    },
    startedAt: iso(record.startedAt),
    seconds: Math.max(0, (now - record.startedAt) / 1000),
    carriedOutBy: holder && { run: holder.run, owner: holder.owner },
    waitingFor: holder
      ? waitingFor(seen, record, steps[index], now)
      : "somebody who goes on: the run that began it has ended. Deploy it again, promote it or roll it back",
    judged: verdict?.data.sentence ?? null,
    request: request && {
      ...{ kind: request.kind, by: request.by, at: iso(request.at) },
      ...(request.reason ? { reason: request.reason } : {}),
    },
  };
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** The steps of a rollout as the configuration has them now. */
function stepsFor(
  context: Pick<Context, "environment">,
  settings: ServiceSettings,
  { history }: Observation,
  record: RolloutRecord,
): Step[] {
  const old = history.find(({ spec: { version } }) => version === record.from)?.spec.replicas;
  return stepsOf(stepShapeOf(context, settings, record.strategy), record, old ?? settings.replicas);
}

function waitingFor(seen: Observation, record: RolloutRecord, step: Step | undefined, now: number): string {
  const { from, to, phase, stepStartedAt } = record;
  if (phase === "aborting") return `${from ?? "nothing"} to have all of the traffic again`;
  if (phase === "draining") return `${from ?? "the old version"}, which stands by in case it is needed`;
  if (phase === "promoting") return `${to} to have all of the traffic`;
  const running = seen.versions.find(({ version }) => version === to);
  const ready = running?.replicas.filter(({ isReady }) => isReady).length ?? 0;
  if (stepStartedAt === null || !step) {
    const needed = step?.replicas ?? running?.desired ?? 1;
    return ready < needed
      ? `${needed} replicas of ${to} to be ready (${ready} are)`
      : `the data plane to give ${to} ${step?.weight ?? 100} %`;
  }
  if (step.isManual) return "a person: `sluice promote`";
  const left = (stepStartedAt + 1000 * step.pauseSeconds - now) / 1000;
  return left > 0
    ? `the step of ${step.weight} % to last its time, ${formatDuration(Math.ceil(left))} more`
    : "enough evidence, or a gate that is kept again";
}

/** Lines about a rollout for a terminal. */
export function formatProgressOf(progress: RolloutProgress): string[] {
  const { from, to, strategy, phase, step, seconds, carriedOutBy, judged, request } = progress;
  const under = formatDuration(Math.round(seconds));
  return [
    `  rollout   ${from ?? "nothing"} -> ${to}, ${strategy}, ${phase}, step ${step.number} of ${step.of} (${step.weight} %), for ${under}`,
    `  waits for ${progress.waitingFor}`,
    ...(judged ? [`  judge     ${judged}`] : []),
    ...(carriedOutBy ? [`  by        run ${carriedOutBy.run} of ${carriedOutBy.owner}`] : []),
    ...(request
      ? [
          `  asked     ${request.kind} by ${request.by} at ${request.at}${request.reason ? `: ${request.reason}` : ""}; not obeyed yet`,
        ]
      : []),
  ];
}
