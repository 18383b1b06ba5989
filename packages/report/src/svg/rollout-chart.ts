import type { Evidence } from "@sluice/documents";
import type { RolloutView } from "@sluice/journal";
import { intervalWords } from "../evidence-words.ts";
import { count, duration, factor, milliseconds, percent } from "../format.ts";
import { type Markup, svg } from "../html/markup.ts";
import { finalVerdict, isDecisive } from "../measures.ts";
import { type ArmPoint, type Series, seriesOf } from "../series.ts";
import { chartStyle, palette } from "./chart-style.ts";
import { verdictMarks } from "./marks.ts";
import { axis, type Frame, HEADING, heading, type Level, type Line, linePanel } from "./panel.ts";
import { linear, round, stepArea, timeTicks } from "./scale.ts";

export interface ChartOptions {
  /** Pixels; below 500 the chart is laid out for a telephone. */
  width: number;
  /** Makes identifiers unique in a page with several charts. */
  id: string;
}

/**
 * Weights, errors, latency and evidence of one rollout over one time axis, with the moments at
 * which the judge said something new. Null when there is nothing to draw.
 */
export function rolloutChart(rollout: RolloutView, series: Series, options: ChartOptions): Markup | null {
  if (series.points.length < 2 && rollout.weights.length < 2) return null;
  const isNarrow = options.width < 500;
  const seconds = Math.max(endOf(rollout, series), 1);
  const [left, right] = isNarrow ? [52, options.width - 6] : [56, options.width - 92];
  const frame: Frame = { left, right, seconds, x: linear([0, seconds], [left, right]), isNarrow };

  const panels: Markup[] = [];
  let top = 20;
  const add = (height: number, draw: (top: number, height: number) => Markup) => {
    panels.push(draw(top, height));
    top += height + 20;
  };
  add(isNarrow ? 92 : 96, (at, height) => weightPanel(rollout, series, frame, at, height));
  for (const panel of panelsOf(rollout, series))
    add(isNarrow ? 116 : 126, (at, height) => linePanel({ frame, top: at, height, ...panel }));
  const bottom = top - 20;

  return svg`<svg class="plot" viewBox="0 0 ${options.width} ${bottom + 34}" role="img" aria-labelledby="${options.id}-t ${options.id}-d" data-left="${left}" data-right="${right}" data-seconds="${seconds}">
<title id="${options.id}-t">${rollout.service ?? "Rollout"}: ${rollout.to} against ${rollout.from ?? "nothing"} over ${duration(seconds)}</title>
<desc id="${options.id}-d">${describe(rollout, series)}</desc>
${decidedBand(rollout, frame, bottom)}${panels}
${timeTicks(seconds, isNarrow ? 4 : 8).map(
  (
    tick,
  ) => svg`<line class="axis" x1="${frame.x(tick)}" x2="${frame.x(tick)}" y1="${bottom}" y2="${bottom + 4}"/>
<text class="${frame.x(tick) > options.width - 20 ? "end" : "middle"}" x="${Math.min(frame.x(tick), options.width)}" y="${bottom + 17}">${tick === 0 ? "0" : duration(tick)}</text>`,
)}
<text class="${isNarrow ? "end" : "middle"}" x="${isNarrow ? right : (left + right) / 2}" y="${bottom + 31}">since the start of the rollout</text>
${verdictMarks(rollout, frame, bottom)}
<line class="cursor" x1="0" x2="0" y1="14" y2="${bottom}"/>
</svg>`;
}

/** The chart as a picture of its own, for a README or an attachment. */
export function toSvg(rollout: RolloutView, width = 860): string | null {
  const chart = rolloutChart(rollout, seriesOf(rollout), { width, id: "chart" });
  if (!chart) return null;
  return chart.text
    .replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    .replace(/(<svg [^>]*>)/, `$1<style>${palette}${chartStyle} svg { background: var(--paper); }</style>`);
}

/** What the page shows when the pointer is over the chart: one row for each point. */
export const chartData = (series: Series) =>
  series.points.map((point) => [
    tidy(point.t),
    point.weight,
    ...[point.canary, point.baseline].flatMap((arm) => [
      tidy(arm?.rate ?? null),
      tidy(arm?.errorRatio === null || arm === null ? null : arm.errorRatio * 100),
      tidy(arm?.p99 ?? null),
    ]),
  ]);

const tidy = (value: number | null) => (value === null ? null : Number(value.toPrecision(4)));

function endOf(rollout: RolloutView, series: Series): number {
  const last = rollout.finishedAt ?? rollout.weights.at(-1)?.at ?? rollout.startedAt;
  return Math.max((last - rollout.startedAt) / 1000, series.points.at(-1)?.t ?? 0);
}

/** The time whose counts decided, in seconds since the rollout was started; null where nothing was decided. */
export function decidedInterval(rollout: RolloutView): { from: number; to: number } | null {
  const decided = finalVerdict(rollout);
  const interval = decided?.verdict.evidence.interval;
  if (!decided || !interval) return null;
  // The judge counts from the start of the canary, which comes a little after that of the rollout.
  const start = (decided.at - rollout.startedAt) / 1000 - decided.verdict.t;
  return { from: Math.max(0, start + interval.from), to: Math.max(0, start + interval.to) };
}

function decidedBand(rollout: RolloutView, { x }: Frame, bottom: number): Markup | null {
  const interval = decidedInterval(rollout);
  if (!interval) return null;
  const [from, to] = [x(interval.from), x(interval.to)];
  const width = round(Math.max(to - from, 2));
  return svg`<g><rect class="decided" x="${round(to - width)}" y="20" width="${width}" height="${bottom - 20}"><title>What was seen from ${duration(interval.from)} to ${duration(interval.to)} decided.</title></rect></g>`;
}

function weightPanel(
  rollout: RolloutView,
  series: Series,
  frame: Frame,
  top: number,
  height: number,
): Markup {
  const y = linear([0, 100], [top + height, top + HEADING]);
  const given = rollout.weights.map(({ at, weights }) => ({
    t: (at - rollout.startedAt) / 1000,
    weight: weights[rollout.to] ?? 0,
  }));
  const changes = given.length > 0 ? given : series.points;
  const points = [{ t: 0, weight: 0 }, ...changes].map(({ t, weight }) => [frame.x(t), y(weight)] as const);
  const { area, line } = stepArea(points, frame.right, y(0));
  let labelled = Number.NEGATIVE_INFINITY;
  const labels = changes.flatMap(({ t, weight }, index) => {
    const isChange = weight !== (changes[index - 1]?.weight ?? 0);
    if (!isChange || weight === 0 || weight === 100 || frame.x(t) - labelled < 34) return [];
    labelled = frame.x(t);
    const isLast = labelled > frame.right - 34;
    return [
      svg`<text class="halo label-new ${isLast && "end"}" x="${labelled + (isLast ? -4 : 4)}" y="${y(weight) - 4}">${percent(weight)}</text>`,
    ];
  });
  return svg`<g>
${heading(`Traffic on ${rollout.to}`, frame, top)}
${axis([0, 50, 100], y, frame, (value) => `${value} %`)}
<path class="area" d="${area}"/><path class="new" d="${line}"/>${labels}
</g>`;
}

function panelsOf(rollout: RolloutView, series: Series) {
  const arm = (
    value: (point: ArmPoint) => number | null,
    range?: (point: ArmPoint) => { low: number; high: number } | null,
  ): Line[] =>
    [
      { className: "old" as const, label: rollout.from ?? "", key: "baseline" as const },
      { className: "new" as const, label: rollout.to, key: "canary" as const },
    ]
      .map(({ className, label, key }) => ({
        className,
        label,
        points: series.points.map((point) => {
          const counters = point[key];
          return {
            t: point.t,
            value: counters ? value(counters) : null,
            ...((counters && range?.(counters)) ?? {}),
          };
        }),
      }))
      .filter((line) => line.points.some((point) => point.value !== null));

  const errors = arm(
    ({ errorRatio }) => (errorRatio === null ? null : errorRatio * 100),
    ({ errorRange }) => errorRange && { low: errorRange.low * 100, high: errorRange.high * 100 },
  );
  const latency = arm((counters) => counters.p99);
  const evidence = evidenceLines(rollout);
  return [
    ...(errors.length > 0
      ? [
          {
            name: "Share of requests that failed, with its 95 % range",
            nameNarrow: "Share of requests that failed, 95 % range",
            lines: errors,
            format: percent,
            bounds: guards(rollout, /^error_rate\s*>=?\s*([\d.]+)\s*%$/),
          },
        ]
      : []),
    ...(latency.length > 0
      ? [
          {
            name: "Latency, 99th percentile",
            lines: latency,
            format: milliseconds,
            bounds: guards(rollout, /^latency_p99\s*>=?\s*([\d.]+)\s*ms$/),
          },
        ]
      : []),
    ...(evidence.length > 0
      ? [
          {
            name: "Evidence (e-value)",
            nameNarrow: "Evidence (e-value): line worse, dashes good",
            mark: decisionMark(rollout),
            lines: evidence,
            format: factor,
            scale: "logarithmic" as const,
            bounds: boundsOf(rollout),
          },
        ]
      : []),
  ];
}

/** Levels of the guards of the configuration that are about what the panel shows. */
const guards = (rollout: RolloutView, pattern: RegExp): Level[] =>
  (finalVerdict(rollout)?.verdict.evidence.guards ?? [])
    .filter(({ band }) => band === "rollback")
    .flatMap(({ condition }) => {
      const value = pattern.exec(condition)?.[1];
      return value === undefined ? [] : [{ value: Number(value), label: condition, tone: "bad" }];
    });

function boundsOf(rollout: RolloutView): Level[] {
  const { alpha, beta } = finalVerdict(rollout)?.verdict.evidence ?? { alpha: 0, beta: 0 };
  return [
    ...(alpha > 0
      ? [{ value: 1 / alpha, label: `${count(1 / alpha)} is enough to roll back`, tone: "bad" as const }]
      : []),
    ...(beta > 0 && beta !== alpha
      ? [{ value: 1 / beta, label: `${count(1 / beta)} is enough to promote`, tone: "good" as const }]
      : []),
  ];
}

/** Where the judge decided by evidence, on the line that did it. */
function decisionMark(rollout: RolloutView): { t: number; value: number; tone: string } | null {
  const decided = finalVerdict(rollout);
  if (!decided || !isDecisive(rollout, decided.verdict)) return null;
  const { evidence, reasonCode } = decided.verdict;
  const t = (decided.at - rollout.startedAt) / 1000;
  if (reasonCode === "judge.worse") return { t, value: evidence.eValue, tone: "bad" };
  return reasonCode === "judge.not-worse" ? { t, value: evidence.promotionEValue, tone: "good" } : null;
}

/** More points than this nobody can tell apart, and they would make the page of a long rollout large. */
const MOST_POINTS = 400;

/** The two e-values of the judge: against "it is no worse", and against "it is harmfully worse". */
function evidenceLines(rollout: RolloutView): Line[] {
  if (rollout.verdicts.length < 2) return [];
  const stride = Math.ceil(rollout.verdicts.length / MOST_POINTS);
  const decided = finalVerdict(rollout)?.verdict;
  const shown = rollout.verdicts.filter(
    ({ verdict }, index, { length }) => index % stride === 0 || index === length - 1 || verdict === decided,
  );
  const line = (
    className: Line["className"],
    label: string,
    value: (evidence: Evidence) => number,
  ): Line => ({
    className,
    label,
    points: shown.map(({ at, verdict }) => ({
      t: (at - rollout.startedAt) / 1000,
      value: value(verdict.evidence),
    })),
  });
  return [
    line("evidence", "it is worse", (evidence) => evidence.eValue),
    line("evidence evidence-2", "it is as good", (evidence) => evidence.promotionEValue),
  ];
}

/** The chart in words, for who cannot see it. */
function describe(rollout: RolloutView, series: Series): string {
  const shares = rollout.weights.map(({ weights }) => percent(weights[rollout.to] ?? 0));
  const highest = (key: "canary" | "baseline") =>
    Math.max(...series.points.flatMap((point) => point[key]?.errorRatio ?? []), 0) * 100;
  const verdict = finalVerdict(rollout)?.verdict;
  return [
    shares.length > 0 ? `Traffic on ${rollout.to}: ${shares.join(", ")}.` : "",
    `Highest share of failed requests: ${percent(highest("canary"))} on ${rollout.to}, ${percent(highest("baseline"))} on ${rollout.from ?? "the old version"}.`,
    verdict ? `Verdict: ${verdict.verdict}. ${verdict.sentence}` : "",
    verdict?.evidence.interval
      ? `Decided by what was seen from ${intervalWords(verdict.evidence.interval)}.`
      : "",
  ]
    .filter(Boolean)
    .join(" ");
}
