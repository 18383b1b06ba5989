import type { Status } from "@sluice/documents";
import { lockState, runs } from "@sluice/journal";
import type { Observation } from "@sluice/ports";
import type { Context } from "./context.ts";

/** An environment as it is now, with what the journal says about it. */
export interface EnvironmentStatus {
  environment: string;
  services: readonly Observation[];
  /** Who may change it now; null when nobody does. */
  lock: { owner: string; since: string; until: string } | null;
  lastRun: {
    run: string;
    version: string | null;
    status: Status | "running";
    finishedAt: string | null;
  } | null;
}

export async function statusOf(context: Context): Promise<EnvironmentStatus> {
  const events = await context.journal.events();
  const held = lockState(events, context.clock.now()).held.find((lock) => !lock.isExpired);
  const last = runs(events).at(-1);
  return {
    environment: context.environment.environment,
    services: await context.target.list(context.signal),
    lock: held ? { owner: held.owner, since: iso(held.since), until: iso(held.until) } : null,
    lastRun: last
      ? {
          run: last.run,
          version: last.version,
          status: last.status,
          finishedAt: last.finishedAt === null ? null : iso(last.finishedAt),
        }
      : null,
  };
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** The status as a person reads it in a terminal. */
export function formatStatus({ environment, services, lock, lastRun }: EnvironmentStatus): string {
  const lines = [`Environment ${environment}`];
  if (lastRun)
    lines.push(
      `  last run  ${lastRun.version ?? "no version"}, ${lastRun.status}${lastRun.finishedAt ? `, ${lastRun.finishedAt}` : ""}`,
    );
  lines.push(`  lock      ${lock ? `${lock.owner}, since ${lock.since}` : "free"}`);
  if (services.length === 0) lines.push("  Nothing was deployed here yet.");
  for (const service of services) lines.push("", ...formatService(service));
  return `${lines.join("\n")}\n`;
}

function formatService({ service, stable, url, versions, weights, rollout, history }: Observation): string[] {
  const lines = [`${service}  ${stable ?? "no stable version"}${url ? `  ${url}` : ""}`];
  for (const { version, desired, replicas, isLeaving } of versions) {
    const ready = replicas.filter((replica) => replica.isReady).length;
    const share = weights[version] ?? 0;
    lines.push(
      `  ${version.padEnd(14)} ${String(share).padStart(5)} %  ${ready}/${desired} ready${isLeaving ? ", leaving" : ""}`,
    );
    for (const { reason } of replicas) if (reason) lines.push(`    ${reason}`);
  }
  if (rollout)
    lines.push(
      `  rollout   ${rollout.from ?? "nothing"} -> ${rollout.to}, ${rollout.strategy}, ${rollout.phase}, step ${rollout.step + 1}`,
    );
  const earlier = history.slice(1, 4).map(({ spec }) => spec.version);
  if (earlier.length > 0) lines.push(`  earlier   ${earlier.join(", ")}`);
  return lines;
}
