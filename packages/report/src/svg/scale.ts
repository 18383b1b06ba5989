/** Maps a value to a coordinate. */
export type Scale = (value: number) => number;

export function linear(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
): Scale {
  const span = to - from || 1;
  return (value) => round(start + ((value - from) / span) * (end - start));
}

/** A scale for values that span magnitudes; what is below the domain sits on its lower end. */
export function logarithmic([from, to]: readonly [number, number], range: readonly [number, number]): Scale {
  const scale = linear([Math.log10(from), Math.log10(to)], range);
  return (value) => scale(Math.log10(Math.min(Math.max(value, from), to)));
}

/** Round numbers (1, 2 or 5 times a power of ten) from 0 to at least `maximum`, about `wanted` of them. */
export function niceTicks(maximum: number, wanted: number): number[] {
  if (!(maximum > 0)) return [0, 1];
  const rough = maximum / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  return steps(step, Math.ceil(maximum / step - 1e-9));
}

/** Ticks of a time axis in seconds, at steps that people count in. */
export function timeTicks(seconds: number, wanted: number): number[] {
  const natural = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600];
  const step = natural.find((candidate) => seconds / candidate <= wanted) ?? 43_200;
  return steps(step, Math.floor(seconds / step));
}

const steps = (step: number, count: number) =>
  Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));

/** A tenth of a pixel is enough, and keeps the page small. */
export const round = (value: number) => Math.round(value * 10) / 10;

/** Path of a line through points; a null leaves a gap. */
export function linePath(points: readonly (readonly [number, number] | null)[]): string {
  let path = "";
  let isDown = false;
  for (const point of points) {
    if (point) path += `${isDown ? "L" : "M"}${point[0]} ${point[1]}`;
    isDown = point !== null;
  }
  return path;
}

/** Path of a value that stays until it changes, filled down to `floor`. */
export function stepArea(
  points: readonly (readonly [number, number])[],
  end: number,
  floor: number,
): { area: string; line: string } {
  const [first] = points;
  if (!first) return { area: "", line: "" };
  let line = `M${first[0]} ${first[1]}`;
  for (const [x, y] of points.slice(1)) line += `H${x}V${y}`;
  line += `H${end}`;
  return { line, area: `${line}V${floor}H${first[0]}Z` };
}
