import type { Event, LoadSummary, Plan, Result, Status } from "@sluice/documents";
import { type Figures, figures, type RolloutView, type RunView, runs } from "@sluice/journal";
import { headlineOf } from "./headline.ts";
import { type Measures, measuresOf } from "./measures.ts";
import { redact } from "./redact.ts";

/** What is known of one run beside the journal. */
export interface RunInput {
  run: string;
  /** Named above the headline, such as `Release 3: a regression`. */
  title?: string;
  plan?: Plan | null;
  results: readonly Result[];
  /** What a load generator saw from outside during the run. */
  load?: LoadSummary | null;
}

export interface ReportInput {
  project: string;
  environment: string;
  /** When the report is made, in milliseconds since 1970. */
  now: number;
  events: readonly Event[];
  /** The runs to report, in this order; absent: every run of the journal with a stage or a rollout. */
  runs?: readonly RunInput[];
  /** Values that must not appear anywhere in the report. */
  secrets?: readonly string[];
}

export interface RunReport {
  run: string;
  title: string | null;
  version: string | null;
  status: Status | "running";
  headline: string;
  /** Why, in a few sentences. */
  because: string;
  view: RunView;
  rollouts: readonly { rollout: RolloutView; measures: Measures }[];
  plan: Plan | null;
  results: readonly Result[];
  load: LoadSummary | null;
  events: readonly Event[];
}

/** Everything about some runs of an environment in one document: what every form of the report is made of. */
export interface Report {
  schema: "sluice/report/v1";
  project: string;
  environment: string;
  generatedAt: string;
  runs: readonly RunReport[];
  /** Delivery figures over the last 30 days of the journal. */
  figures: Figures;
}

const FIGURES_DAYS = 30;

/** Puts plan, results and journal together. Nothing is measured here: it is all in them. */
export function report(input: ReportInput): Report {
  const {
    project,
    environment,
    now,
    events,
    runs: wanted,
  } = redact({ ...input, secrets: [] }, input.secrets ?? []);
  const views = new Map(runs(events).map((view) => [view.run, view]));
  const inputs: readonly RunInput[] =
    wanted ??
    [...views.values()]
      .filter((view) => view.stages.length > 0 || view.rollouts.length > 0)
      .map(({ run }) => ({ run, results: [] }));
  return {
    schema: "sluice/report/v1",
    project,
    environment,
    generatedAt: new Date(now).toISOString(),
    runs: inputs.map((run) => runReport(run, views.get(run.run), environment, events)),
    figures: figures(events, { from: now - FIGURES_DAYS * 86_400_000, to: now }),
  };
}

function runReport(
  input: RunInput,
  fromJournal: RunView | undefined,
  environment: string,
  events: readonly Event[],
): RunReport {
  const view = fromJournal ?? viewOfResults(input, environment);
  const load = input.load ?? null;
  const { title, because } = headlineOf(view, input.results, load);
  return {
    run: input.run,
    title: input.title ?? null,
    version: view.version,
    status: view.status,
    headline: title,
    because,
    view,
    rollouts: view.rollouts.map((rollout) => ({ rollout, measures: measuresOf(rollout) })),
    plan: input.plan ?? planOf(input.results),
    results: input.results,
    load,
    events: events.filter((event) => event.run === input.run),
  };
}

const planOf = (results: readonly Result[]): Plan | null =>
  results.map((result) => (result.details?.stage === "plan" ? result.details.plan : null)).find(Boolean) ??
  null;

/** A run that wrote no journal (a pull request that only builds and scans) is read from its results. */
function viewOfResults({ run, results }: RunInput, environment: string): RunView {
  const bad = results.find((result) => result.status !== "succeeded" && result.status !== "skipped");
  const last = results.at(-1);
  const startedAt = results.map((result) => Date.parse(result.startedAt));
  const finishedAt = results.map((result) => Date.parse(result.finishedAt));
  return {
    run,
    environment,
    version: results.find((result) => result.version !== undefined)?.version ?? null,
    commit: null,
    committedAt: null,
    actor: null,
    planHash: null,
    startedAt: startedAt.length === 0 ? 0 : Math.min(...startedAt),
    finishedAt: finishedAt.length === 0 ? null : Math.max(...finishedAt),
    status: bad?.status ?? last?.status ?? "running",
    reasonCode: bad?.reasonCode ?? last?.reasonCode ?? null,
    summary: bad?.summary ?? last?.summary ?? null,
    stages: results.map((result) => ({
      stage: result.stage,
      startedAt: Date.parse(result.startedAt),
      finishedAt: Date.parse(result.finishedAt),
      seconds: (Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000,
      status: result.status,
      reasonCode: result.reasonCode,
      summary: result.summary,
    })),
    rollouts: [],
  };
}
