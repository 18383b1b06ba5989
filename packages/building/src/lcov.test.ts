import { describe, expect, test } from "vitest";
import { linesPercent, parseLcov, ranges } from "./lcov.ts";

const record = (file: string, ...lines: string[]) =>
  ["TN:", `SF:${file}`, ...lines, "end_of_record"].join("\n");

describe("an lcov report", () => {
  test("says which lines of a file are covered (R125)", () => {
    const text = record(
      "src/a.js",
      "FN:1,f",
      "FNDA:1,f",
      "DA:1,1",
      "DA:2,0",
      "DA:3,12,abcdef==",
      "LF:3",
      "LH:2",
    );
    expect(parseLcov(text)).toEqual([{ file: "src/a.js", lines: 3, covered: 2, uncovered: [2] }]);
  });

  test("adds up the records of a file", () => {
    const text = `${record("a.js", "DA:1,0", "DA:2,0")}\n${record("a.js", "DA:1,3", "DA:2,0")}`;
    expect(parseLcov(text)).toEqual([{ file: "a.js", lines: 2, covered: 1, uncovered: [2] }]);
  });

  test("may have totals without lines, and Windows line ends", () => {
    expect(parseLcov("SF:a.c\r\nLF:10\r\nLH:8\r\nend_of_record\r\n")).toEqual([
      { file: "a.c", lines: 10, covered: 8, uncovered: [] },
    ]);
  });

  test("that is empty is no report", () => {
    expect(parseLcov("")).toBeNull();
    expect(parseLcov("DA:1,1\n")).toBeNull();
  });
});

test("coverage is counted over lines, not over files (R125)", () => {
  const files = parseLcov(`${record("a.js", "DA:1,1")}\n${record("b.js", "DA:1,1", "DA:2,0", "DA:3,0")}`)!;
  expect(linesPercent(files)).toBe(50);
});

test("no lines are not covered lines", () => {
  expect(linesPercent(parseLcov(record("a.js"))!)).toBe(0);
});

test("lines that follow one another are a range", () => {
  expect(ranges([])).toEqual([]);
  expect(ranges([3, 4, 5, 9])).toEqual([
    [3, 5],
    [9, 9],
  ]);
});
