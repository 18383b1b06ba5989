import { phiOf } from "./dispersion.ts";
import { argo } from "./rules/argo.ts";
import { fisher, fisherLatency } from "./rules/fisher.ts";
import { flagger } from "./rules/flagger.ts";
import { endOfSteps, errorRatio, everyMinute, kayenta } from "./rules/kayenta.ts";
import { latencyThresholds, p99 } from "./rules/latency.ts";
import { defaultPolicy, evidenceForPromotion, mistakenPolicy, ours, plainPolicy } from "./rules/ours.ts";
import type { Rule } from "./rules/rule.ts";
import { thresholds } from "./rules/thresholds.ts";
import type { Dispersion, LatencyShift, Scenario } from "./scenario.ts";

export type Section = "null" | "lift" | "latency" | "robust" | "promotion";

/** One scenario, the rules that watch it, and how many rollouts are simulated. */
export interface Cell {
  /** Names the stream of random numbers too. */
  id: string;
  section: Section;
  /** Row or column that it is printed in. */
  group: string;
  label: string;
  scenario: Scenario;
  rules: readonly Rule[];
  runs: { full: number; quick: number };
}

/** A ratio of 1 is tolerated, no warm-up, no guards. */
export const plain = "Sluice plain";
/** What a project gets that configures its steps only. */
export const standard = "Sluice default";
export const plainLearned = `${plain}, phi known`;
/** Two minutes of warm-up after each step, nothing else. */
export const plainWarm = `${plain}, warm-up 120 s`;
export const standardWarm = `${standard}, warm-up 120 s`;
/** Half of the weights is configured, with the same traffic. */
export const standardMistaken = `${standard}, misled`;
export const standardLearned = `${standard}, phi known`;

const kayentaErrors = [
  kayenta("Kayenta, every minute", errorRatio, everyMinute),
  kayenta("Kayenta, at the end of each step", errorRatio, endOfSteps),
];
const errorRules: readonly Rule[] = [
  argo,
  flagger,
  ...thresholds,
  ...kayentaErrors,
  ...fisher,
  ours(plain, plainPolicy("errors")),
  ours(standard, defaultPolicy()),
];

const traffics = [10, 100, 1000].flatMap((requestsPerSecond) =>
  [0.0001, 0.001, 0.01].map((errorRatio) => ({ requestsPerSecond, errorRatio })),
);
const percent = (ratio: number) => `${Number((100 * ratio).toPrecision(3))} %`;
const labelOf = (scenario: { requestsPerSecond: number; errorRatio: number }) =>
  `${scenario.requestsPerSecond}/s ${percent(scenario.errorRatio)}`;

export const lifts = [1.5, 2, 5, 50] as const;

const withoutRegression: Cell[] = traffics.map((scenario) => ({
  id: `null ${labelOf(scenario)}`,
  section: "null",
  group: "no regression",
  label: labelOf(scenario),
  scenario,
  rules: errorRules,
  runs: { full: 4000, quick: 300 },
}));

const withRegression: Cell[] = lifts.flatMap((lift) =>
  traffics.map((scenario): Cell => {
    const isMarginal = lift <= 2 && labelOf(scenario) === "10/s 1 %";
    return {
      id: `lift ${lift} ${labelOf(scenario)}`,
      section: "lift",
      group: `${lift}x`,
      label: labelOf(scenario),
      scenario: { ...scenario, lift },
      rules: errorRules,
      runs: isMarginal ? { full: 4000, quick: 400 } : { full: 1000, quick: 100 },
    };
  }),
);

/** First of the four edges that are compared: 100, 250, 500 and 1000 ms. */
const firstEdge = 2;
const latencyRules: readonly Rule[] = [
  ...latencyThresholds,
  kayenta("Kayenta on p99, every minute", p99, everyMinute),
  fisherLatency(firstEdge),
  ours(plain, plainPolicy("latency")),
  ours(standard, defaultPolicy()),
];
export const shifts: readonly { name: string; shift: LatencyShift | null }[] = [
  { name: "no regression", shift: null },
  { name: "+10 %", shift: { kind: "times", factor: 1.1 } },
  { name: "+25 %", shift: { kind: "times", factor: 1.25 } },
  { name: "p99 x 2", shift: { kind: "tail", factor: 2 } },
  { name: "x 2", shift: { kind: "times", factor: 2 } },
];
const latency: Cell[] = shifts.flatMap(({ name, shift }) =>
  [10, 100, 1000].map(
    (requestsPerSecond): Cell => ({
      id: `latency ${name} ${requestsPerSecond}/s`,
      section: "latency",
      group: name,
      label: `${requestsPerSecond}/s`,
      scenario: { requestsPerSecond, errorRatio: 0, latency: { shift } },
      rules: latencyRules,
      runs: shift ? { full: 500, quick: 50 } : { full: 2000, quick: 80 },
    }),
  ),
);

const common = { requestsPerSecond: 100, errorRatio: 0.001 };
const robustRules: readonly Rule[] = [
  argo,
  kayentaErrors[0]!,
  ...fisher,
  ours(plain, plainPolicy("errors")),
  ours(standard, defaultPolicy()),
];
const robust = (
  id: string,
  group: string,
  scenario: Scenario,
  rules: readonly Rule[] = robustRules,
): Cell => ({
  id,
  section: "robust",
  group,
  label: id,
  scenario,
  rules,
  runs: { full: 2000, quick: 200 },
});

export const outages: Cell[] = [12, 22].map((fromMinute) =>
  robust(`outage of both, 20 % from minute ${fromMinute}`, "shared outage", {
    ...common,
    outage: { fromMinute, minutes: 5, ratio: 0.2 },
  }),
);

export const dispersions: readonly Dispersion[] = [
  ...[0.2, 0.5, 1].map((size) => ({ kind: "gamma" as const, size })),
  ...[2, 5, 20].map((size) => ({ kind: "cluster" as const, size })),
  ...[1.05, 1.1, 1.25].map((size) => ({ kind: "pod" as const, size })),
];
export const overdispersed: Cell[] = dispersions.map((dispersion) => {
  const scenario: Scenario = { requestsPerSecond: 100, errorRatio: 0.005, dispersion };
  const phi = phiOf(scenario);
  return robust(`${dispersion.kind} ${dispersion.size}, phi ${phi.toFixed(1)}`, "overdispersion", scenario, [
    ...robustRules,
    ours(plainLearned, plainPolicy("errors", 1 / phi)),
    ours(standardLearned, defaultPolicy(1 / phi)),
  ]);
});

export const coldStart: Cell = robust(
  "cold start",
  "cold start",
  { requestsPerSecond: 100, errorRatio: 0.005, isColdStart: true },
  [
    ...robustRules,
    ours(plainWarm, { ...plainPolicy("errors"), warmUpSeconds: 120 }),
    ours(standardWarm, { ...defaultPolicy(), warmUpSeconds: 120 }),
  ],
);

export const splits: Cell[] = [1, 1.1, 1.5].map((split) =>
  robust(`split ${split} x configured`, "wrong split", { requestsPerSecond: 100, errorRatio: 0.01, split }, [
    ...robustRules,
    ours(standardMistaken, mistakenPolicy(0.5), (weight) => weight * 0.5),
  ]),
);

/** Whether a release is called "not harmfully worse" on evidence: it should be when it is good, and not when it is twice as bad. */
export const promotions: Cell[] = [1, 2].flatMap((lift) =>
  traffics.map(
    (scenario): Cell => ({
      id: `promotion ${lift} ${labelOf(scenario)}`,
      section: "promotion",
      group: lift === 1 ? "not worse" : "twice as bad",
      label: labelOf(scenario),
      scenario: { ...scenario, lift },
      rules: [evidenceForPromotion(standard, defaultPolicy())],
      runs: { full: 1000, quick: 100 },
    }),
  ),
);

export const cells: readonly Cell[] = [
  ...withoutRegression,
  ...withRegression,
  ...latency,
  ...outages,
  ...overdispersed,
  coldStart,
  ...splits,
  ...promotions,
];
