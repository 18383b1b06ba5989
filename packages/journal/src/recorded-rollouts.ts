import type { Event, EventOf, SaidVerdict, Sample } from "@sluice/documents";
import type { RolloutView } from "./runs.ts";

type Policy = EventOf<"rollout.policy">["data"];

/** A reading with what was said of it at the time; null when the process ended in between. */
export interface Reading {
  /** Milliseconds since 1970. */
  at: number;
  sample: Sample;
  verdict: SaidVerdict | null;
}

/** One rollout from its beginning to its end, however many runs it took. */
export interface RecordedRollout extends Omit<RolloutView, "weights" | "samples" | "verdicts" | "policy"> {
  /** The runs that worked on it, in order. */
  runs: readonly string[];
  /** What each run read, and the policy that it judged by; null in a journal that does not say it. */
  parts: readonly { run: string; policy: Policy | null; readings: readonly Reading[] }[];
}

type Part = { run: string; policy: Policy | null; readings: Reading[] };
type Open = Omit<RecordedRollout, "parts" | "runs"> & { runs: string[]; parts: Part[] };

/**
 * Every rollout that was judged, oldest first, with its readings: what the judge saw, and can see again. Readings
 * after its end (of the watch) belong to none.
 */
export function recordedRollouts(events: readonly Event[]): RecordedRollout[] {
  const all: Open[] = [];
  const open = new Map<string, Open>();
  for (const event of events) {
    if (!event.type.startsWith("rollout.")) continue;
    const key = event.service ?? "";
    if (event.type === "rollout.started") begin(event, open.get(key) ?? null, all, open, key);
    else {
      const rollout = open.get(key);
      if (rollout) note(rollout, event);
      if (event.type === "rollout.finished") finish(rollout, event, open, key);
    }
  }
  return all.filter(({ parts }) => parts.some(({ readings }) => readings.length > 0));
}

function begin(
  event: EventOf<"rollout.started">,
  under: Open | null,
  all: Open[],
  open: Map<string, Open>,
  key: string,
): void {
  const { from, to, strategy, resumed } = event.data;
  // A run that goes on with a rollout that ended undecided takes it up again.
  const known = under ?? all.findLast((rollout) => (rollout.service ?? "") === key) ?? null;
  if (resumed && known?.to === to) {
    known.runs.push(event.run);
    known.parts.push({ run: event.run, policy: null, readings: [] });
    Object.assign(known, { finishedAt: null, status: "running", reasonCode: null, summary: null });
    open.set(key, known);
    return;
  }
  const rollout: Open = {
    service: event.service ?? null,
    from,
    to,
    strategy,
    resumed,
    startedAt: Date.parse(event.at),
    finishedAt: null,
    status: "running",
    reasonCode: null,
    summary: null,
    unanswered: null,
    runs: [event.run],
    parts: [{ run: event.run, policy: null, readings: [] }],
  };
  all.push(rollout);
  open.set(key, rollout);
}

function note(rollout: Open, event: Event): void {
  const part = rollout.parts.at(-1)!;
  const at = Date.parse(event.at);
  if (event.type === "rollout.policy") part.policy = event.data;
  else if (event.type === "rollout.sample") part.readings.push({ at, sample: event.data, verdict: null });
  else if (event.type === "rollout.verdict") {
    const last = part.readings.at(-1);
    // While the metrics are away there are verdicts without a reading.
    if (last && last.verdict === null && last.sample.t === event.data.t) last.verdict = event.data;
  }
}

function finish(
  rollout: Open | undefined,
  event: EventOf<"rollout.finished">,
  open: Map<string, Open>,
  key: string,
): void {
  open.delete(key);
  if (!rollout) return;
  const { status, reasonCode, summary, unanswered } = event.data;
  Object.assign(rollout, {
    status,
    reasonCode,
    summary,
    unanswered: unanswered ?? null,
    finishedAt: Date.parse(event.at),
  });
}
