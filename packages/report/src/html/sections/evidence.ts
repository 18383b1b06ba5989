import type { SaidVerdict } from "@sluice/documents";
import type { RolloutView } from "@sluice/journal";
import { type AlertView, alertsOf } from "../../alerts.ts";
import {
  exactTestState,
  intervalWords,
  learnedWords,
  measured,
  rangeOf,
  verdictWords,
} from "../../evidence-words.ts";
import { count, duration, factor, milliseconds, share } from "../../format.ts";
import { finalVerdict, isDecisive } from "../../measures.ts";
import { html, type Markup, prose } from "../markup.ts";
import { badge, empty, nowrap, numeric, table } from "../parts.ts";

const noJudge: Record<string, string> = {
  recreate:
    "This strategy stops the old version before it starts the new one, so there is nothing to compare and no verdict.",
  rolling:
    "This strategy replaces replica by replica and watches their health alone, so there is no verdict.",
  bluegreen:
    "This strategy moves all traffic at once after checks, so there are no two versions to compare and no verdict.",
};

/** Why the rollout ended as it did: in words first, then the numbers that the words rest on. */
export function evidenceSection(rollout: RolloutView): Markup {
  const decided = finalVerdict(rollout);
  if (!decided)
    return empty(
      rollout.from === null
        ? "There was no version to compare it with: the first deployment has no verdict."
        : (noJudge[rollout.strategy] ?? "The judge did not get to a verdict before the rollout ended."),
    );
  const { verdict } = decided;
  const { canary, baseline, interval } = verdict.evidence;
  const arms = [
    { name: rollout.to, role: "new", arm: canary },
    { name: rollout.from ?? "–", role: "old", arm: baseline },
  ];
  const learned = rollout.policy?.learned ?? [];
  const wasOpen = !isDecisive(rollout, verdict);
  const isOver = !wasOpen && (verdict.verdict === "promote" || verdict.verdict === "rollback");
  return html`${wasOpen && rollout.status !== "running" && html`<p>The judge had not decided when the rollout ended: ${prose(rollout.summary ?? "")}</p>`}<div class="evidence-words"><p>${badge(verdict.verdict, verdictWords[verdict.verdict])} <strong>${prose(verdict.sentence)}</strong></p>
<p class="quiet">${isOver ? "Decided" : "Said"} ${duration(verdict.t)} after the canary was started${interval && `, by what was seen from ${intervalWords(interval)}`}, with the reason <code>${verdict.reasonCode}</code>. ${evidenceWords(verdict, rollout)}</p>${learned.length > 0 && html`<p class="quiet">${learnedWords(learned)}</p>`}</div>
${table(
  "What both versions did until the verdict",
  [
    "Version",
    numeric("Requests"),
    numeric("Failed"),
    numeric("Share"),
    numeric("95 % range"),
    numeric("Latency p99"),
  ],
  arms.map(({ name, role, arm }) => [
    html`<span class="key ${role}">${name}</span>`,
    arm ? count(arm.requests) : "no data",
    arm ? count(arm.errors) : "–",
    arm && arm.requests > 0 ? share(arm.errors / arm.requests) : "–",
    rangeOf(arm),
    milliseconds(arm?.p99),
  ]),
)}
${alertSection(rollout)}
${verdict.evidence.metrics.length > 0 && metricTable(verdict, rollout)}
${exactTestTable(verdict)}
${verdict.evidence.guards.length > 0 && guardTable(verdict)}`;
}

/** Which critical alerts fired and since when; nothing where alerts are not read. */
function alertSection(rollout: RolloutView): Markup | null {
  const alerts = alertsOf(rollout);
  if (!alerts) return null;
  if (alerts.length === 0) return html`<p class="quiet aside">No critical alert fired meanwhile.</p>`;
  return table(
    "Critical alerts",
    ["Alert", "Since", "Until"],
    alerts.map(({ name, since, until }: AlertView) => [
      html`<code>${name}</code>`,
      nowrap(since === null ? "before the release" : `after ${duration(since)}`),
      until !== null
        ? nowrap(`after ${duration(until)}`)
        : since === null
          ? "still firing"
          : badge("failed", "still firing"),
    ]),
  );
}

/** What the numbers mean, for somebody who has never heard of an e-value. */
function evidenceWords({ evidence, reasonCode, verdict }: SaidVerdict, rollout: RolloutView): string {
  const { alpha, beta, eValue, promotionEValue } = evidence;
  if (alpha <= 0) return "";
  const old = rollout.from ?? "the old version";
  const worse =
    `The evidence that ${rollout.to} is worse than ${old} is ${factor(eValue)}; a rollback needs ${count(1 / alpha)}, ` +
    `which a version that is no worse reaches in at most ${share(alpha)} of all rollouts.`;
  if (verdict === "rollback" && reasonCode !== "judge.worse")
    return `That was not decided by the comparison of the versions. ${worse}`;
  if (verdict === "rollback" || beta <= 0) return worse;
  return `${worse} The evidence that it is not harmfully worse is ${factor(promotionEValue)}; ${count(1 / beta)} is enough to promote.`;
}

const metricTable = ({ evidence }: SaidVerdict, rollout: RolloutView) =>
  table(
    "Evidence by metric",
    [
      "Metric",
      numeric("E-value"),
      numeric("p"),
      numeric(`Ratio ${rollout.to} : ${rollout.from ?? "–"}`),
      "Interval",
      "",
    ],
    evidence.metrics.map((metric) => {
      const ratio = metric.ratio;
      const isUnsaid = ratio === null || (ratio.low === null && ratio.high === null);
      return [
        nowrap(metric.metric.replaceAll("_", " ")),
        factor(metric.eValue),
        metric.p < 0.0001 ? "< 0.0001" : String(Number(metric.p.toPrecision(2))),
        factor(ratio?.estimate),
        isUnsaid
          ? "nothing can be said yet"
          : nowrap(`${factor(ratio.low ?? 0)} to ${ratio.high === null ? "∞" : factor(ratio.high)}`),
        metric.metric === evidence.decidedBy ? "decided" : "",
      ];
    }),
  );

/** The exact test looks at the planned rollout as a whole; nothing where it took no part. */
function exactTestTable({ evidence }: SaidVerdict): Markup | null {
  const rows = evidence.metrics.flatMap(({ metric, exactTest }) =>
    exactTest ? [{ metric, exactTest }] : [],
  );
  if (rows.length === 0) return null;
  return table(
    "Exact test over the planned rollout",
    [
      "Metric",
      numeric("Failures counted"),
      numeric("Enough to roll back"),
      numeric("Error budget spent"),
      "",
    ],
    rows.map(({ metric, exactTest }) => [
      nowrap(metric.replaceAll("_", " ")),
      count(exactTest.events),
      exactTest.bound === null ? "–" : count(exactTest.bound),
      `${share(exactTest.spent)} of ${share(exactTest.alpha)}`,
      exactTest.isReached ? badge("rollback", exactTestState(exactTest)) : exactTestState(exactTest),
    ]),
  );
}

const bands = { hold: "holds the step", rollback: "rolls back", page: "calls a person" };

const guardTable = ({ evidence }: SaidVerdict) =>
  table(
    "Bounds of the configuration",
    ["Condition", numeric("Measured"), "When breached", "", numeric("In a row")],
    evidence.guards.map((guard) => [
      html`<code>${guard.condition}</code>`,
      measured(guard),
      bands[guard.band],
      guard.isBreached
        ? badge("failed", "breached")
        : guard.value === null
          ? badge("skipped", "not measured")
          : badge("passed", "kept"),
      count(guard.breachesInARow),
    ]),
  );
