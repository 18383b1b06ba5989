import { type Markup, svg } from "../html/markup.ts";
import { linear, linePath, logarithmic, niceTicks, type Scale } from "./scale.ts";

/** The time axis that every panel of a chart shares, in pixels and seconds. */
export interface Frame {
  left: number;
  right: number;
  seconds: number;
  x: Scale;
  isNarrow: boolean;
}

export interface Line {
  className: "new" | "old" | "evidence" | "evidence evidence-2";
  label: string;
  points: readonly { t: number; value: number | null; low?: number; high?: number }[];
}

/** A level worth comparing with. */
export interface Level {
  value: number;
  label: string;
  tone?: "good" | "bad";
}

interface PanelInput {
  frame: Frame;
  top: number;
  height: number;
  name: string;
  /** On narrow screens, where the lines have no labels at their ends. */
  nameNarrow?: string;
  lines: readonly Line[];
  format: (value: number) => string;
  /** Levels worth comparing with, drawn when they are not far above everything else. */
  bounds?: readonly Level[];
  /** A moment that decided: the first line gets a dot there. */
  mark?: { t: number; value: number; tone: string } | null;
  scale?: "linear" | "logarithmic";
}

/** Room above the plot for the name of the panel. */
export const HEADING = 22;

/** One panel of lines over time, with its own vertical axis. */
export function linePanel(input: PanelInput): Markup {
  const { frame, top, height, lines, format } = input;
  const values = lines.flatMap((line) => line.points.flatMap((point) => point.value ?? []));
  const highest = Math.max(...values, 0);
  const isLog = input.scale === "logarithmic";
  const shown = (input.bounds ?? []).filter((bound) => isLog || highest === 0 || bound.value <= highest * 2);
  const level = Math.max(0, ...shown.map((bound) => bound.value));
  // Evidence far beyond what is enough says nothing more: it runs along the top, so that the rest can be seen.
  const maximum = isLog
    ? Math.min(Math.max(highest, level) * 1.5, level * 100)
    : Math.max(highest, level) * 1.04;
  const ticks = isLog ? decades(maximum) : niceTicks(maximum, frame.isNarrow ? 3 : 4);
  const range = [top + height, top + HEADING] as const;
  const y = isLog ? logarithmic([ticks[0]!, ticks.at(-1)!], range) : linear([0, ticks.at(-1)!], range);
  const most = ticks.at(-1)!;
  return svg`<g>
${heading((frame.isNarrow && input.nameNarrow) || input.name, frame, top)}
${axis(ticks, y, frame, format)}
${lines.map((line) => band(line, y, frame, most))}
${shown.map(({ value, tone }) => svg`<line class="bound ${tone}" x1="${frame.left}" x2="${frame.right}" y1="${y(value)}" y2="${y(value)}"/>`)}
${lines.map((line) => svg`<path class="${line.className}" d="${linePath(line.points.map((point) => (point.value === null ? null : [frame.x(point.t), y(point.value)])))}"><title>${line.label}</title></path>`)}
${input.mark && svg`<circle class="dot ${input.mark.tone}" cx="${frame.x(input.mark.t)}" cy="${y(input.mark.value)}" r="3.5"/>`}
${levelLabels(shown, lines, y, frame)}
${frame.isNarrow ? null : endLabels(lines, y, frame)}
</g>`;
}

/** The range around a line, as an area; what is above the panel ends at its edge. */
function band(line: Line, y: Scale, frame: Frame, most: number): Markup | null {
  const points = line.points.flatMap(({ t, low, high }) =>
    low === undefined || high === undefined
      ? []
      : [{ x: frame.x(t), low: y(Math.min(low, most)), high: y(Math.min(high, most)) }],
  );
  if (points.length < 2) return null;
  const there = points.map(({ x, high }) => `${x} ${high}`).join("L");
  const back = points
    .toReversed()
    .map(({ x, low }) => `${x} ${low}`)
    .join("L");
  return svg`<path class="band-${line.className}" d="M${there}L${back}Z"/>`;
}

/** Names of the levels, each at the end at which the lines are farther away from it, and above or below one another. */
function levelLabels(levels: readonly Level[], lines: readonly Line[], y: Scale, frame: Frame): Markup[] {
  const clearance = (level: Level, isRight: boolean): number =>
    Math.min(
      ...lines.flatMap(({ points }) =>
        points.flatMap(({ t, value }) => {
          const part = t / frame.seconds;
          return value !== null && (isRight ? part > 0.65 : part < 0.35)
            ? [Math.abs(y(value) - y(level.value) + 6)]
            : [];
        }),
      ),
      1000,
    );
  return levels.map((level, index) => {
    const at = y(level.value);
    const above = levels[index - 1];
    const isTight = above !== undefined && Math.abs(y(above.value) - at) < 15;
    const isRight = clearance(level, true) > clearance(level, false);
    return svg`<text class="halo ${level.tone && `label-${level.tone}`} ${isRight && "end"}" x="${isRight ? frame.right - 6 : frame.left + 6}" y="${isTight ? at + 12 : at - 4}">${level.label}</text>`;
  });
}

export const heading = (name: string, frame: Frame, top: number) =>
  svg`<text class="name halo" x="${frame.isNarrow ? 0 : frame.left}" y="${top + 12}">${name}</text>`;

export const axis = (ticks: readonly number[], y: Scale, frame: Frame, format: (value: number) => string) =>
  ticks.map(
    (
      tick,
      index,
    ) => svg`<line class="${index === 0 ? "axis" : "grid"}" x1="${frame.left}" x2="${frame.right}" y1="${y(tick)}" y2="${y(tick)}"/>
<text class="end" x="${frame.left - 6}" y="${y(tick) + 4}">${format(tick)}</text>`,
  );

/** Names at the ends of the lines, moved apart where they would lie on one another. */
function endLabels(lines: readonly Line[], y: Scale, frame: Frame): Markup[] {
  const labels = lines
    .flatMap((line) => {
      const last = line.points.findLast((point) => point.value !== null);
      return last?.value === undefined || last.value === null
        ? []
        : [{ line, x: frame.x(last.t), y: y(last.value) + 4 }];
    })
    .toSorted((a, b) => a.y - b.y);
  for (const [index, label] of labels.entries()) {
    const above = labels[index - 1];
    if (above) label.y = Math.max(label.y, above.y + 13);
  }
  return labels.map(
    ({ line, y: at }) =>
      svg`<text class="halo label-${toneOf[line.className]}" x="${frame.right + 6}" y="${at}">${shorten(line.label, 14)}</text>`,
  );
}

const toneOf: Record<Line["className"], string> = {
  new: "new",
  old: "old",
  evidence: "bad",
  "evidence evidence-2": "good",
};

/** Powers of ten around 1 up to at least `maximum`; at most five of them get a line. */
function decades(maximum: number): number[] {
  const top = Math.max(2, Math.ceil(Math.log10(Math.max(maximum, 1))));
  const stride = Math.ceil((top + 1) / 4);
  const ticks: number[] = [];
  for (let exponent = -1; exponent < top + stride; exponent += stride) ticks.push(10 ** exponent);
  return ticks;
}

const shorten = (text: string, length: number) =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;
