import { formatDuration, formatPercent } from "@sluice/config";
import { type LearnedNumber, ownMetricOf, type Problem, type ServiceDetection } from "@sluice/documents";

/** What a detection section is made from: a part of `ServiceDetection` that needs no journal. */
export type DetectionTable = Pick<
  ServiceDetection,
  "requestsPerSecond" | "errorRatio" | "steps" | "detections"
>;

/** Steps that find nothing at the expected traffic, or that do not get the requests that they ask for. */
export function detectionWarnings(
  { steps, requestsPerSecond, errorRatio }: DetectionTable,
  where: { service?: string } & Pick<Problem, "location"> = {},
): Problem[] {
  const whose = where.service ? ` of ${where.service}` : "";
  const at = where.location ? { location: where.location } : {};
  const traffic = `${rate(requestsPerSecond)} and ${ratioOf(errorRatio)} errors`;
  return steps.flatMap(
    ({ weight, pauseSeconds, finds, neededSeconds, requests, minimumRequests }): Problem[] => {
      const step = `The step${whose} to ${weight} %`;
      const pause = formatDuration(pauseSeconds);
      if (requests < minimumRequests)
        return [
          {
            severity: "warning",
            reasonCode: "plan.step-too-short",
            message: `${step} gets about ${whole(requests)} requests in its ${pause}, and asks for ${whole(minimumRequests)}: at ${traffic} it waits for traffic.`,
            remedy:
              "Give it more weight or time, or ask for fewer requests in `canary.analysis.minRequests`.",
            ...at,
          },
        ];
      if (finds !== null) return [];
      const needed = neededSeconds === null ? "more than a day" : `about ${roughly(neededSeconds)}`;
      return [
        {
          severity: "warning",
          reasonCode: "plan.step-too-short",
          message: `${step} is too short to see anything: at ${traffic}, even 50 times as many errors would take ${needed} to find, and it lasts ${pause}.`,
          remedy: "Give it more weight or time. `sluice judge plan` proposes steps for a traffic.",
          ...at,
        },
      ];
    },
  );
}

/** What a canary would find, in words: every place that shows it draws the list in its own way. */
export interface DetectionText {
  title: string;
  lines: readonly string[];
}

/** What steps would find at a traffic; `origin` is whose they are, and where the numbers came from. */
export function stepsDetection(
  table: DetectionTable,
  origin?: { name: string; from: string },
): DetectionText {
  const { requestsPerSecond, errorRatio, steps, detections } = table;
  const total = steps.reduce((sum, { pauseSeconds }) => sum + pauseSeconds, 0);
  const title = origin
    ? `What the canary of ${origin.name} would find at ${rate(requestsPerSecond)} and ${ratioOf(errorRatio)} errors (${origin.from})`
    : `What these steps find at ${rate(requestsPerSecond)} and ${ratioOf(errorRatio)} errors`;
  const lines = [
    ...detections.map(
      ({ metric, ratio, seconds, badResponses, decidedBy }) =>
        `${what(metric, ratio)}: ${
          seconds === null
            ? `not found in ${roughly(total)}; about ${whole(badResponses)} ${bad(metric)} by then`
            : `found after about ${roughly(seconds)}, with about ${whole(badResponses)} ${bad(metric)}${decidedBy && decidedBy !== metric ? ` (by ${decidedBy})` : ""}`
        }`,
    ),
    ...steps.map(
      ({ weight, pauseSeconds, finds }) =>
        `the step to ${weight} % (${formatDuration(pauseSeconds)}) by itself finds ${finds === null ? "nothing up to 50 times as many errors" : `${finds} times as many errors`}`,
    ),
  ];
  return { title, lines };
}

/** What the canary of a service in a plan would find, with where its numbers came from. */
export function serviceDetection(found: ServiceDetection): DetectionText {
  const rollouts = found.learned.find(({ name }) => name === "errorRatio")?.rollouts ?? 0;
  const hours = found.trafficOf === "all hours" ? found.trafficOf : `this ${found.trafficOf}`;
  const from = `the mean of ${hours} in ${rollouts} rollout${rollouts === 1 ? "" : "s"}`;
  const { title, lines } = stepsDetection(found, { name: found.service, from });
  const hasNoErrors = found.learned.some(({ name, value }) => name === "errorRatio" && value === 0);
  const assumed = hasNoErrors
    ? [`none of its requests failed so far; ${ratioOf(found.errorRatio)} errors are assumed`]
    : [];
  const learned = found.learned.filter(({ name }) => !(hasNoErrors && name === "errorRatio"));
  return { title, lines: [...lines, ...assumed, ...learned.map(formatLearned)] };
}

/** The section for a terminal, without an end of line. */
export const formatDetection = ({ title, lines }: DetectionText): string =>
  [title, ...lines.map((line) => `  - ${line}`)].join("\n");

/** A learned number with its origin: `errors vary 2.1 times as much as by chance (learned from 12 rollouts)`. */
export function formatLearned({ name, value, source, rollouts }: LearnedNumber): string {
  const own = ownMetricOf({ name });
  const from =
    source === "learned"
      ? `learned from ${rollouts} rollout${rollouts === 1 ? "" : "s"}`
      : own === null
        ? "default"
        : "default, as failures";
  if (own !== null) return `${own} varies ${short(value)} times as much as by chance (${from})`;
  return `${sayLearned[name]?.(value) ?? `${name} ${short(value)}`} (${from})`;
}

const sayLearned: Record<string, (value: number) => string> = {
  errorDispersion: (value) => `failures vary ${short(value)} times as much as by chance`,
  latencyDispersion: (value) => `slow requests vary ${short(value)} times as much as by chance`,
  errorRatio: (value) => `the running version fails ${ratioOf(value)} of its requests`,
};

const what = (metric: string, ratio: number): string =>
  metric === "errors" ? `${ratio} times as many errors` : `${ratio} times the latency`;
const bad = (metric: string): string => (metric === "errors" ? "failed responses" : "slow responses");
const short = (value: number): string => String(Number(value.toPrecision(2)));
const whole = (value: number): string => (value < 10 ? short(value) : String(Math.round(value)));
const rate = (perSecond: number): string =>
  `${short3(perSecond)} ${perSecond === 1 ? "request" : "requests"}/s`;
const short3 = (value: number): string => String(Number(value.toPrecision(3)));
const ratioOf = (share: number): string => formatPercent(Number((100 * share).toPrecision(2)));

/** A time as exact as an estimate is: seconds below two minutes, else minutes, else hours. */
function roughly(seconds: number): string {
  const unit = seconds < 120 ? 1 : seconds < 7200 ? 60 : 900;
  return formatDuration(Math.max(unit, Math.round(seconds / unit) * unit));
}
