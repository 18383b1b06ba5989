import type { LearnedNumber, SaidVerdict } from "@sluice/documents";
import {
  exactTestWords,
  intervalWords,
  learnedWords,
  measured,
  rangeOf,
  verdictWords,
} from "../evidence-words.ts";
import { count, factor, milliseconds, share } from "../format.ts";
import { code, paragraphs, prose, table, escapeMarkdown as text } from "./parts.ts";

/** A verdict with what it rests on. */
export function verdictText(
  verdict: SaidVerdict,
  to: string,
  from: string | null,
  learned: readonly LearnedNumber[] = [],
): string {
  const { canary, baseline, alpha, beta, eValue, promotionEValue, metrics, guards } = verdict.evidence;
  const { interval, decidedBy, alerts = [] } = verdict.evidence;
  const arm = (name: string, counts: typeof canary) => [
    text(name),
    counts ? count(counts.requests) : "no data",
    counts ? count(counts.errors) : "–",
    counts && counts.requests > 0 ? share(counts.errors / counts.requests) : "–",
    rangeOf(counts),
    milliseconds(counts?.p99),
  ];
  return paragraphs(
    `${verdictWords[verdict.verdict]}: ${prose(verdict.sentence)} (${code(verdict.reasonCode)})`,
    interval &&
      `Decided by ${code(decidedBy ?? "")}, from ${intervalWords(interval)} after the canary was started.`,
    alerts.length > 0 &&
      `Critical alerts that began to fire since the release began: ${alerts.map(code).join(", ")}.`,
    table(
      ["Version", ">Requests", ">Failed", ">Share", ">95 % range", ">p99"],
      [arm(to, canary), arm(from ?? "none", baseline)],
    ),
    alpha > 0 &&
      `Evidence that it is worse: ${factor(eValue)}; ${count(1 / alpha)} is enough to roll back. Evidence that it is as good: ${factor(promotionEValue)}; ${count(1 / beta)} is enough to promote.`,
    learned.length > 0 && text(learnedWords(learned)),
    metrics.length > 0 &&
      table(
        ["Metric", ">E-value", ">Ratio", "Interval"],
        metrics.map((metric) => [
          text(metric.metric),
          factor(metric.eValue),
          factor(metric.ratio?.estimate),
          metric.ratio && metric.ratio.low !== null
            ? `${factor(metric.ratio.low)} to ${metric.ratio.high === null ? "∞" : factor(metric.ratio.high)}`
            : "nothing can be said yet",
        ]),
      ),
    metrics
      .flatMap(({ metric, exactTest }) => (exactTest ? [text(exactTestWords(metric, exactTest))] : []))
      .join(" "),
    guards.length > 0 &&
      table(
        ["Bound", ">Measured", ""],
        guards.map((guard) => [
          code(guard.condition),
          measured(guard),
          guard.isBreached ? "breached" : guard.value === null ? "not measured" : "kept",
        ]),
      ),
  );
}
