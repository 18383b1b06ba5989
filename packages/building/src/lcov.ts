/** Line coverage of one source file. */
export interface FileCoverage {
  /** As the report names it: absolute, or relative to where the tests ran. */
  file: string;
  lines: number;
  covered: number;
  /** Numbers of the lines that no test reached, ascending. */
  uncovered: number[];
}

/**
 * Reads an lcov trace file (man geninfo(1), FILES). Only lines are read: `SF`, `DA`, `LF`, `LH`.
 * A file that appears in several records (one for each test) is counted once, with the sum of its hits.
 *
 * @returns null when it has no record at all, so that an empty file never counts as covered
 */
export function parseLcov(text: string): FileCoverage[] | null {
  const files = new Map<string, Map<number, number>>();
  const totals = new Map<string, { found: number; hit: number }>();
  let current: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, key, value = ""] = /^([A-Z]+):(.*)$/.exec(line) ?? [];
    if (key === "SF") {
      current = value;
      if (!files.has(current)) files.set(current, new Map());
    } else if (current === undefined) continue;
    else if (key === "DA") {
      const [number = Number.NaN, hits = Number.NaN] = value.split(",").map(Number);
      if (!Number.isInteger(number) || !Number.isFinite(hits)) continue;
      const lines = files.get(current)!;
      lines.set(number, (lines.get(number) ?? 0) + Math.max(0, hits));
    } else if (key === "LF" || key === "LH") {
      const total = totals.get(current) ?? { found: 0, hit: 0 };
      const field = key === "LF" ? "found" : "hit";
      total[field] = Math.max(total[field], Number(value) || 0);
      totals.set(current, total);
    } else if (line === "end_of_record") current = undefined;
  }
  if (files.size === 0) return null;
  return [...files].map(([file, lines]) => {
    if (lines.size === 0) {
      // Some writers leave out the single lines.
      const { found, hit } = totals.get(file) ?? { found: 0, hit: 0 };
      return { file, lines: found, covered: Math.min(hit, found), uncovered: [] };
    }
    const uncovered = [...lines].filter(([, hits]) => hits === 0).map(([number]) => number);
    return {
      file,
      lines: lines.size,
      covered: lines.size - uncovered.length,
      uncovered: uncovered.sort((a, b) => a - b),
    };
  });
}

/** Covered lines of all lines in percent; 0 without any line, because nothing was shown then. */
export function linesPercent(files: readonly FileCoverage[]): number {
  const sum = (field: "lines" | "covered") => files.reduce((total, file) => total + file[field], 0);
  return sum("lines") === 0 ? 0 : (sum("covered") / sum("lines")) * 100;
}

/** Line numbers as ranges: 3, 4, 5, 9 → `[3, 5]`, `[9, 9]`. */
export function ranges(lines: readonly number[]): [first: number, last: number][] {
  const result: [number, number][] = [];
  for (const line of lines) {
    const range = result.at(-1);
    if (range && line === range[1] + 1) range[1] = line;
    else result.push([line, line]);
  }
  return result;
}
