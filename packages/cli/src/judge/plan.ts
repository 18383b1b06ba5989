import {
  type CanarySettings,
  canaryPresets,
  formatDuration,
  policyOptionsOf,
  sampleSecondsOf,
} from "@sluice/config";
import type { Problem } from "@sluice/documents";
import { formatProblem } from "@sluice/documents";
import {
  type DetectionPlan,
  type PolicyOptions,
  type Proposal,
  planDetection,
  proposeSteps,
} from "@sluice/judge";
import { detectionWarnings, formatDetection, stepsDetection } from "@sluice/plan";
import { readCount, readErrorRatio, readLatency, readRate, readSteps, type Step } from "./amounts.ts";
import { canaryOf } from "./inputs.ts";

export interface PlanRequest {
  rate: string;
  errorRatio: string;
  steps?: string;
  latency?: string;
  config?: string;
  service?: string;
  exposure: string;
}

/** What `sluice judge plan` answers. */
export interface PlanDocument extends DetectionPlan {
  schema: "sluice/detection/v1";
  warnings: readonly Problem[];
  /** Failed responses that five times as many errors may cost. */
  exposure: number;
  proposal: Proposal | { leastBadResponses: number | null };
}

/**
 * What some steps find at a traffic, and what other steps would.
 *
 * @throws Refusal naming the option that cannot be understood
 */
export async function planFor(request: PlanRequest): Promise<{ document: PlanDocument; text: string }> {
  const latency = request.latency === undefined ? undefined : readLatency(request.latency);
  const expected = {
    requestsPerSecond: readRate(request.rate),
    errorRatio: readErrorRatio(request.errorRatio),
    ...(latency ? { latency } : {}),
  };
  const exposure = readCount(request.exposure);
  const canary = request.config === undefined ? null : await canaryOf(request.config, request.service);
  const steps = request.steps === undefined ? stepsOf(canary) : readSteps(request.steps);
  const options: PolicyOptions = canary ? policyOptionsOf({ canary }) : {};
  const sampleSeconds = canary ? sampleSecondsOf({ canary }) : 10;
  const found = rounded(planDetection(options, steps, expected, sampleSeconds));
  const proposal = rounded(proposeSteps(options, expected, exposure));
  const warnings = detectionWarnings(tableOf(found));
  const document = { schema: "sluice/detection/v1" as const, ...found, warnings, exposure, proposal };
  return { document, text: textOf(document) };
}

const stepsOf = (canary: CanarySettings | null): Step[] =>
  canary
    ? canary.steps.map(({ weightPercent, pauseSeconds }) => ({ weight: weightPercent, pauseSeconds }))
    : canaryPresets.standard.map(({ weight, pause }) => ({ weight, pauseSeconds: pause }));

const tableOf = ({ expected: { requestsPerSecond, errorRatio }, steps, detections }: DetectionPlan) => ({
  requestsPerSecond,
  errorRatio,
  steps: [...steps],
  detections: [...detections],
});

function textOf(document: PlanDocument): string {
  return `${[
    formatDetection(stepsDetection(tableOf(document))),
    ...document.warnings.map((problem) => `${problem.severity}: ${formatProblem(problem)}`),
    proposalText(document),
  ].join("\n\n")}\n`;
}

function proposalText({ proposal, exposure }: PlanDocument): string {
  const goal = `five times as many errors before more than ${exposure} responses have failed`;
  if (!("steps" in proposal))
    return proposal.leastBadResponses === null
      ? `No steps of less than a day find ${goal}: there is too little traffic for it.`
      : `No steps find ${goal}: it takes at least about ${Math.ceil(proposal.leastBadResponses)}. Allow that many with --exposure.`;
  const { steps, detection } = proposal;
  const list = steps.filter(({ weight }) => weight < 100);
  return [
    `To find ${goal}, take`,
    `  --steps ${list.map(({ weight, pauseSeconds }) => `${weight}:${formatDuration(pauseSeconds)}`).join(",")}`,
    `which does so after about ${formatDuration(detection.seconds ?? 0)}, with about ${Math.round(detection.badResponses)} failed responses; a good release takes ${formatDuration(list.reduce((sum, { pauseSeconds }) => sum + pauseSeconds, 0))}. In the configuration:`,
    "",
    "canary:",
    "  steps:",
    ...steps.map(({ weight, pauseSeconds }) =>
      pauseSeconds > 0
        ? `    - { weight: ${weight}, pause: ${formatDuration(pauseSeconds)} }`
        : `    - { weight: ${weight} }`,
    ),
  ].join("\n");
}

/** Estimates have no more than six digits. */
function rounded<T>(value: T): T {
  if (typeof value === "number") return Number(value.toPrecision(6)) as T;
  if (Array.isArray(value)) return value.map(rounded) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rounded(member)])) as T;
}
