import type { Event, EventOf, Sample, StageName, Status } from "@sluice/documents";

/** One stage of a run. Times are milliseconds since 1970; null and "running" while it has not ended. */
export interface StageView {
  stage: StageName;
  startedAt: number;
  finishedAt: number | null;
  seconds: number | null;
  status: Status | "running";
  reasonCode: string | null;
  summary: string | null;
}

/** One rollout of one service, from its start to its end. */
export interface RolloutView {
  service: string | null;
  from: string | null;
  to: string;
  strategy: EventOf<"rollout.started">["data"]["strategy"];
  /** It was begun by an earlier run or process and taken up again. */
  resumed: boolean;
  startedAt: number;
  finishedAt: number | null;
  status: Status | "running";
  reasonCode: string | null;
  summary: string | null;
  /** Requests that no version answered; null where nobody counted. */
  unanswered: number | null;
  weights: readonly { at: number; step: number; weights: Readonly<Record<string, number>> }[];
  samples: readonly { at: number; sample: Sample }[];
  verdicts: readonly { at: number; verdict: EventOf<"rollout.verdict">["data"] }[];
  /** What it was judged by, and where the numbers came from; null where the journal does not say it. */
  policy: EventOf<"rollout.policy">["data"] | null;
}

/** One run: one call of the pipeline or of one action, read from the journal. */
export interface RunView {
  run: string;
  environment: string;
  version: string | null;
  commit: string | null;
  /** Milliseconds since 1970 of the newest commit of the release. */
  committedAt: number | null;
  actor: string | null;
  planHash: string | null;
  startedAt: number;
  finishedAt: number | null;
  status: Status | "running";
  reasonCode: string | null;
  summary: string | null;
  stages: readonly StageView[];
  rollouts: readonly RolloutView[];
}

type Open<T> = { -readonly [K in keyof T]: T[K] };
type OpenRollout = Omit<Open<RolloutView>, "weights" | "samples" | "verdicts"> & {
  weights: RolloutView["weights"][number][];
  samples: RolloutView["samples"][number][];
  verdicts: RolloutView["verdicts"][number][];
};
type OpenRun = Omit<Open<RunView>, "stages" | "rollouts"> & {
  /** It is one of a pipeline, which says itself how it ended. */
  isPipeline?: boolean;
  stages: Open<StageView>[];
  rollouts: OpenRollout[];
};

/** Every run of the journal with its stages and rollouts, oldest first. */
export function runs(events: readonly Event[]): RunView[] {
  const byId = new Map<string, OpenRun>();
  for (const event of events) {
    const run = byId.get(event.run) ?? emptyRun(event);
    byId.set(event.run, run);
    note(run, event);
  }
  return [...byId.values()].map(({ isPipeline, ...run }) =>
    isPipeline ? run : { ...run, ...endOf(run.stages) },
  );
}

/**
 * How a run of single stages ended, which no event says: as its stages did. A rollback has the last word, then the
 * first stage that did not go well, then the last one.
 */
function endOf(
  stages: readonly StageView[],
): Pick<RunView, "status" | "reasonCode" | "summary" | "finishedAt"> | null {
  const last = stages.at(-1);
  if (!last || last.finishedAt === null) return null;
  const isGood = ({ status }: StageView): boolean => status === "succeeded" || status === "skipped";
  const decisive =
    stages.findLast(({ stage, status }) => stage === "rollback" && status !== "skipped") ??
    stages.find((stage) => !isGood(stage)) ??
    last;
  const { status, reasonCode, summary } = decisive;
  return { status, reasonCode, summary, finishedAt: last.finishedAt };
}

const emptyRun = (event: Event): OpenRun => ({
  run: event.run,
  environment: event.environment,
  version: null,
  commit: null,
  committedAt: null,
  actor: null,
  planHash: null,
  startedAt: Date.parse(event.at),
  finishedAt: null,
  status: "running",
  reasonCode: null,
  summary: null,
  stages: [],
  rollouts: [],
});

/** Adds what one event says to the run it belongs to. */
function note(run: OpenRun, event: Event): void {
  const at = Date.parse(event.at);
  switch (event.type) {
    case "run.started":
      run.isPipeline = true;
      run.version = event.data.version;
      run.commit = event.data.commit ?? null;
      run.committedAt = event.data.committedAt ? Date.parse(event.data.committedAt) : null;
      run.actor = event.data.actor ?? null;
      run.planHash = event.data.planHash ?? null;
      run.status = "running"; // started again after it was killed
      run.finishedAt = null;
      break;
    case "run.finished":
      Object.assign(run, { ...event.data, finishedAt: at, isPipeline: true });
      break;
    case "stage.started":
      run.stages.push({
        stage: event.data.stage,
        startedAt: at,
        finishedAt: null,
        seconds: null,
        status: "running",
        reasonCode: null,
        summary: null,
      });
      break;
    case "stage.finished": {
      const stage = run.stages.findLast((s) => s.stage === event.data.stage && s.finishedAt === null);
      const ended = { ...event.data, finishedAt: at };
      if (stage) Object.assign(stage, ended);
      else run.stages.push({ ...ended, startedAt: at - event.data.seconds * 1000 });
      break;
    }
    default:
      if (event.type.startsWith("rollout.")) noteRollout(run, event, at);
  }
}

function noteRollout(run: OpenRun, event: Event, at: number): void {
  const service = event.service ?? null;
  if (event.type === "rollout.started") {
    run.version ??= event.data.to;
    run.rollouts.push({
      ...event.data,
      service,
      startedAt: at,
      finishedAt: null,
      status: "running",
      reasonCode: null,
      summary: null,
      unanswered: null,
      weights: [],
      samples: [],
      verdicts: [],
      policy: null,
    });
    return;
  }
  const rollout = run.rollouts.findLast((r) => r.service === service);
  if (!rollout) return;
  if (event.type === "rollout.weights") rollout.weights.push({ at, ...event.data });
  else if (event.type === "rollout.sample") rollout.samples.push({ at, sample: event.data });
  else if (event.type === "rollout.verdict") rollout.verdicts.push({ at, verdict: event.data });
  else if (event.type === "rollout.policy") rollout.policy = event.data;
  else if (event.type === "rollout.finished") {
    rollout.finishedAt = at;
    rollout.status = event.data.status;
    rollout.reasonCode = event.data.reasonCode;
    rollout.summary = event.data.summary;
    rollout.unanswered = event.data.unanswered ?? null;
  }
}

/** The readings of one service in one run, in order: what the judge saw, and can see again. */
export function samplesOf(events: readonly Event[], run: string, service: string): Sample[] {
  return events.flatMap((event) =>
    event.type === "rollout.sample" && event.run === run && event.service === service ? [event.data] : [],
  );
}

/** The newest rollout that succeeded: of one service, or of any. Null when there was none. */
export function lastDeployment(
  events: readonly Event[],
  service?: string,
): { version: string; service: string | null; run: string; at: number } | null {
  const last = events.findLast(
    (event): event is EventOf<"rollout.finished"> =>
      event.type === "rollout.finished" &&
      event.data.status === "succeeded" &&
      (service === undefined || event.service === service),
  );
  if (!last) return null;
  return {
    version: last.data.version,
    service: last.service ?? null,
    run: last.run,
    at: Date.parse(last.at),
  };
}
