import { type Plan, Refusal } from "@sluice/documents";
import type { Running } from "./input.ts";

/** What a plan does to one service. */
export interface ServiceChange {
  service: string;
  /** `deploy`: the target was not asked what runs. */
  change: "create" | "update" | "unchanged" | "untouched" | "deploy";
  /** Version that serves now; null when there is none or nobody asked. */
  from: string | null;
  /** Version that serves afterwards. */
  to: string;
}

/** Signs of the changes, as `terraform plan` and `diff` have them. */
export const symbols: Record<ServiceChange["change"], string> = {
  create: "+",
  update: "~",
  unchanged: "=",
  untouched: " ",
  deploy: "~",
};

/** What the plan does to each of its services, measured against what ran when the plan was made. */
export const changesOf = (plan: Plan): ServiceChange[] =>
  plan.services.map(({ name, running }) =>
    running === undefined
      ? { service: name, change: "deploy", from: null, to: plan.release.version }
      : changeOf(name, running?.version ?? null, plan.release.version),
  );

const changeOf = (service: string, from: string | null, to: string): ServiceChange => ({
  service,
  change: from === null ? "create" : from === to ? "unchanged" : "update",
  from,
  to,
});

/** A plan against what runs now. */
export interface PlanDiff {
  changes: ServiceChange[];
  /** Services that do not run what they ran when the plan was made: such a plan has to be made again. */
  drift: { service: string; planned: string | null; running: string | null }[];
  text: string;
}

/**
 * Compares a plan with what runs now: every service of the environment, also those that the plan does not touch.
 *
 * @param running what the target serves at this moment
 */
export function diffPlan(plan: Plan, running: Running): PlanDiff {
  const planned = new Set(plan.services.map(({ name }) => name));
  const changes = [
    ...plan.services.map(({ name }) => changeOf(name, running[name]?.version ?? null, plan.release.version)),
    ...Object.keys(running)
      .filter((name) => !planned.has(name))
      .toSorted()
      .flatMap((service): ServiceChange[] => {
        const version = running[service]?.version;
        return version === undefined ? [] : [{ service, change: "untouched", from: version, to: version }];
      }),
  ];
  const drift = plan.services
    .filter((service) => service.running !== undefined)
    .map(({ name, running: then }) => ({
      service: name,
      planned: then?.version ?? null,
      running: running[name]?.version ?? null,
    }))
    .filter((each) => each.planned !== each.running);
  return { changes, drift, text: diffText(changes, drift) };
}

/**
 * Refuses a plan that was made for other versions than those that run now.
 *
 * @throws Refusal `plan.changed`
 */
export function requireNoDrift(plan: Plan, running: Running): void {
  const { drift } = diffPlan(plan, running);
  if (drift.length === 0) return;
  throw new Refusal({
    reasonCode: "plan.changed",
    message: drift.map(driftSentence).join(" "),
    remedy: "Make the plan again; approvals of the old one do not hold for it.",
  });
}

const driftSentence = ({ service, planned, running }: PlanDiff["drift"][number]): string =>
  `${service} runs ${running ?? "nothing"}, and the plan was made when it ran ${planned ?? "nothing"}.`;

function diffText(changes: readonly ServiceChange[], drift: PlanDiff["drift"]): string {
  const width = Math.max(0, ...changes.map(({ service }) => service.length));
  const lines = changes.map(({ service, change, from, to }) => {
    const name = service.padEnd(width);
    if (change === "create") return `+ ${name}  ${to}`;
    if (change === "update") return `~ ${name}  ${from} -> ${to}`;
    return `${symbols[change]} ${name}  ${to}${change === "untouched" ? " (not part of the plan)" : ""}`;
  });
  return `${[...lines, ...drift.map((each) => `! ${driftSentence(each)}`)].join("\n")}\n`;
}
