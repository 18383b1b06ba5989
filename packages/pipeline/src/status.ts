import type { Event, StageName, Status } from "@sluice/documents";
import { type HeldLock, lockState, type RunView, runs } from "@sluice/journal";
import type { Observation } from "@sluice/ports";
import type { Context } from "./context.ts";
import { holderIn } from "./lock-wait.ts";
import { formatProgressOf, progressOf, type RolloutProgress } from "./rollout-progress.ts";

/** An environment as it is now, with what the journal says about it. */
export interface EnvironmentStatus {
  environment: string;
  services: readonly Observation[];
  /** Rollouts that have not come to their end, whoever carries them out. */
  rollouts: readonly RolloutProgress[];
  /** Who may change it now; null when nobody does. */
  lock: { owner: string; since: string; until: string } | null;
  /** The newest run that did more than to plan or report; null when there was none. */
  lastRun: LastRun | null;
}

export interface LastRun {
  run: string;
  version: string | null;
  stages: readonly StageName[];
  /** `unfinished`: it holds no lock and has not said how it ended. It was killed, or is in a stage that needs no lock. */
  status: Status | "running" | "unfinished";
  finishedAt: string | null;
}

/** Reads target and journal; nothing is changed, and nothing is started. */
export async function statusOf(context: Context): Promise<EnvironmentStatus> {
  // In this order: whoever carries out a rollout that is seen has said so in the journal before.
  const services = await context.target.list(context.signal);
  const events = await context.journal.events();
  const held = lockState(events, context.clock.now()).held.find((lock) => !lock.isExpired);
  const holder = holderIn(events, context);
  return {
    environment: context.environment.environment,
    services,
    rollouts: services.flatMap((seen) => progressOf(context, seen, events, holder) ?? []),
    lock: held ? { owner: held.owner, since: iso(held.since), until: iso(held.until) } : null,
    lastRun: lastRunOf(events, held),
  };
}

const onlyLooks: readonly StageName[] = ["plan", "report"];

function lastRunOf(events: readonly Event[], lock: HeldLock | undefined): LastRun | null {
  const didMore = ({ stages }: RunView): boolean =>
    stages.length === 0 || stages.some(({ stage }) => !onlyLooks.includes(stage));
  const view = runs(events).findLast(didMore);
  if (!view) return null;
  const open = lock?.run === view.run ? "running" : "unfinished";
  return {
    run: view.run,
    version: view.version,
    stages: view.stages.map(({ stage }) => stage),
    status: view.status === "running" ? open : view.status,
    finishedAt: view.finishedAt === null ? null : iso(view.finishedAt),
  };
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** The status as a person reads it in a terminal. */
export function formatStatus({ environment, services, rollouts, lock, lastRun }: EnvironmentStatus): string {
  const lines = [`Environment ${environment}`];
  if (lastRun) lines.push(`  last run  ${formatRun(lastRun)}`);
  lines.push(`  lock      ${lock ? `${lock.owner}, since ${lock.since}` : "free"}`);
  if (services.length === 0) lines.push("  Nothing was deployed here yet.");
  for (const service of services) {
    const rollout = rollouts.find((one) => one.service === service.service);
    lines.push("", ...formatService(service, rollout));
  }
  return `${lines.join("\n")}\n`;
}

const formatRun = ({ version, stages, status, finishedAt }: LastRun): string =>
  [version ?? stages.join(", "), status.replaceAll("_", " "), ...(finishedAt ? [finishedAt] : [])].join(", ");

function formatService(
  { service, stable, url, versions, weights, history }: Observation,
  rollout: RolloutProgress | undefined,
): string[] {
  const lines = [`${service}  ${stable ?? "no stable version"}${url ? `  ${url}` : ""}`];
  for (const { version, desired, replicas, isLeaving } of versions) {
    const ready = replicas.filter((replica) => replica.isReady).length;
    const share = weights[version] ?? 0;
    lines.push(
      `  ${version.padEnd(14)} ${String(share).padStart(5)} %  ${ready}/${desired} ready${isLeaving ? ", leaving" : ""}`,
    );
    for (const { reason } of replicas) if (reason) lines.push(`    ${reason}`);
  }
  if (rollout) lines.push(...formatProgressOf(rollout));
  const earlier = [...new Set(history.map(({ spec }) => spec.version))].filter((name) => name !== stable);
  if (earlier.length > 0) lines.push(`  earlier   ${earlier.slice(0, 3).join(", ")}`);
  return lines;
}
