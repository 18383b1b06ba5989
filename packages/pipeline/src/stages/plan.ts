import { join } from "node:path";
import { commitOf } from "@sluice/building";
import { plan as planMigrations } from "@sluice/database";
import { canonicalJson, type Result, type StrategySetting } from "@sluice/documents";
import { blockersOf, diffPlan, formatPlan, type MadePlan, makePlan, type Running } from "@sluice/plan";
import type { Observation } from "@sluice/ports";
import { differingKeys, recentlyTrusted, routingRefusals } from "@sluice/rollout";
import { writeFileAtomic } from "@sluice/store";
import type { Context } from "../context.ts";
import { detectionOf, detectionProblems, detectionText } from "../detection.ts";
import { namesOf, versionOf } from "../release.ts";
import { addressVariables, versionSpecOf } from "../rollout-spec.ts";
import { runStage } from "../stage.ts";

export interface PlanRequest {
  version?: string;
  services?: readonly string[];
  /** The issue that a hotfix mends; it names the tags of the artifacts. */
  issueId?: string;
  /** Instead of the configured strategy, for every service. */
  strategy?: StrategySetting;
  /** Say what changes against what runs now. */
  diff?: boolean;
  /** Where the plan is shown, as text; in the progress of the run when it is left out. */
  show?: (text: string) => void;
}

export const planFile = (context: Context): string => join(context.out, "plan.json");

/** Makes the plan, shows it, and writes it to `<out>/plan.json` as canonical JSON. Nothing is changed. */
export function planStage(context: Context, request: PlanRequest): Promise<Result> {
  return runStage(context, "plan", request.version, async () => {
    const running = await runningVersions(context);
    const made = await planFor(context, request, running);
    writeFileAtomic(planFile(context), `${canonicalJson(made.plan)}\n`);
    const show = request.show ?? inProgressOf(context);
    show(formatPlan(made.plan));
    const detection = detectionOf(context, made.plan, await context.journal.events());
    if (detection.length > 0) show(detectionText(detection));
    if (request.diff) show(`\n${diffPlan(made.plan, running).text}`);
    const [blocker] = blockersOf(made.plan);
    return {
      status: blocker ? "failed" : "succeeded",
      reasonCode: blocker?.reasonCode ?? "plan.ready",
      summary:
        blocker?.message ??
        `The plan for ${made.plan.release.version} in ${made.plan.environment} is ${made.hash}.`,
      problems: [...made.plan.warnings, ...detectionProblems(detection, context.files.environment)],
      details: {
        stage: "plan",
        plan: made.plan,
        planHash: made.hash,
        ...(detection.length > 0 ? { detection } : {}),
      },
    };
  });
}

const inProgressOf =
  ({ onProgress }: Context) =>
  (text: string): void => {
    for (const line of text.trimEnd().split("\n")) onProgress({ type: "message", text: line });
  };

/** The plan of a request against what runs now. */
export async function planFor(context: Context, request: PlanRequest, running: Running): Promise<MadePlan> {
  const version = await versionOf(context, request.version);
  const commit = await commitOf(context.directory, { env: context.variables });
  const pendingMigrations = await pendingFiles(context);
  const services = namesOf(request.services);
  const seen = await context.target.list(context.signal);
  return makePlan({
    project: context.project,
    environment: context.environment,
    file: context.files.environment,
    request: {
      version,
      ...(commit ? { commit: commit.sha } : {}),
      ...(services ? { services } : {}),
      ...(request.issueId ? { issueId: request.issueId } : {}),
      ...(request.strategy ? { strategy: request.strategy } : {}),
      labels: context.labels,
    },
    running,
    ...(pendingMigrations ? { pendingMigrations } : {}),
    routerRefuses: (weight) => context.target.router.refuses(weight),
    routingRefusals: (routing) => routingRefusals(context.target.router.capabilities, routing),
    shortcuts: shortcutsOf(context, seen, version),
    differences: differencesOf(context, seen, version),
  });
}

/** What serves each service now, as the target says it. Only looks: what was stopped stays so. */
export async function runningVersions(
  context: Pick<Context, "services" | "target" | "signal">,
): Promise<Running> {
  const seen = await context.target.list(context.signal);
  const entries = context.services.map(({ name }) => {
    const { stable = null, versions = [] } = seen.find(({ service }) => service === name) ?? {};
    const digest = versions.find(({ version }) => version === stable)?.digest;
    return [name, stable === null ? null : { version: stable, ...(digest ? { digest } : {}) }] as const;
  });
  return Object.fromEntries(entries);
}

/** Services that come back to a version which was trusted within the rollback window, and why no step is needed. */
function shortcutsOf(
  { environment, services, clock }: Context,
  seen: readonly Observation[],
  version: string,
): Record<string, string> {
  const window = environment.rollbackWindow;
  if (!window) return {};
  return Object.fromEntries(
    services.flatMap(({ name }) => {
      const { history = [], stable = null } = seen.find(({ service }) => service === name) ?? {};
      // Before the build, the artifact is taken to be the one of then; the rollout looks at it again.
      const spec = history.find((revision) => revision.spec.version === version)?.spec;
      const why = spec && stable !== version ? recentlyTrusted(window, { history }, spec, clock.now()) : null;
      return why === null ? [] : [[name, why]];
    }),
  );
}

/** Services that run the version already, and the keys in which they are configured otherwise by now. */
function differencesOf(
  { services }: Context,
  seen: readonly Observation[],
  version: string,
): Record<string, string[]> {
  return Object.fromEntries(
    services.flatMap((settings) => {
      const { history = [], stable } = seen.find(({ service }) => service === settings.name) ?? {};
      const trusted = history.find(({ spec }) => spec.version === version)?.spec;
      if (stable !== version || !trusted) return [];
      const wanted = versionSpecOf(settings, version, trusted.artifact);
      const keys = differingKeys(trusted, wanted, addressVariables(settings));
      return keys.length > 0 ? [[settings.name, keys]] : [];
    }),
  );
}

/** Files that a migration would apply; undefined when there is no database or none that can be asked. */
async function pendingFiles(context: Context): Promise<string[] | undefined> {
  const { database } = context.project;
  const url = database && context.variables[database.urlVariable];
  if (!database || !url) return undefined;
  const directory = join(context.directory, database.migrations);
  const { migrations } = await planMigrations({
    url,
    directory,
    root: context.directory,
    signal: context.signal,
  });
  return migrations.map(({ file }) => file);
}
