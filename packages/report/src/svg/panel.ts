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
  points: readonly { t: number; value: number | null }[];
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
  bounds?: readonly { value: number; label: string }[];
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
  return svg`<g>
${heading((frame.isNarrow && input.nameNarrow) || input.name, frame, top)}
${axis(ticks, y, frame, format)}
${shown.map((bound, index) => {
  const at = y(bound.value);
  const above = shown[index - 1];
  const isTight = above !== undefined && Math.abs(y(above.value) - at) < 13;
  return svg`<line class="bound" x1="${frame.left}" x2="${frame.right}" y1="${at}" y2="${at}"/>
<text class="halo" x="${frame.left + 6}" y="${isTight ? at + 11 : at - 4}">${bound.label}</text>`;
})}
${lines.map((line) => svg`<path class="${line.className}" d="${linePath(line.points.map((point) => (point.value === null ? null : [frame.x(point.t), y(point.value)])))}"><title>${line.label}</title></path>`)}
${frame.isNarrow ? null : endLabels(lines, y, frame)}
</g>`;
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
      svg`<text class="halo ${line.className.startsWith("evidence") ? "" : `label-${line.className}`}" x="${frame.right + 6}" y="${at}">${shorten(line.label, 14)}</text>`,
  );
}

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
