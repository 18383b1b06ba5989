import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BuiltService, type Location, type Problem, Refusal, type TestSummary } from "@sluice/documents";
import { parseJunit, type TestReport } from "./junit.ts";
import { type FileCoverage, linesPercent, parseLcov, ranges } from "./lcov.ts";
import { findLocation, projectFile } from "./locate.ts";
import type { Surroundings } from "./phases.ts";

/** Failed tests and uncovered parts that get a problem of their own; the rest is in the counts. */
const mostFailures = 20;
const mostRanges = 10;

/** Reads the JUnit report of a service. @throws Refusal `build.report-unreadable` */
export async function readTests(report: string, at: Surroundings): Promise<TestSummary> {
  const text = await readReport(report, at);
  let parsed: TestReport;
  try {
    parsed = await parseJunit(text);
  } catch (error) {
    throw unreadable(report, at, `is not a JUnit report: ${(error as Error).message}`, error);
  }
  const { failures, ...counts } = parsed;
  return {
    ...counts,
    failures: failures.map(({ name, message, text, file, line }) => {
      const location = findLocation(text, at.directory, at.cwd) ?? fileLocation(file, line, at);
      return { name, message, ...(location && { location }) };
    }),
  };
}

function fileLocation(file: string | undefined, line: number | undefined, at: Surroundings) {
  const path = file && projectFile(file, at.directory, at.cwd);
  return path ? ({ file: path, ...(line && { line }) } satisfies Location) : undefined;
}

/** One problem for each failed test, so that each can be shown on its line. */
export function testProblems(service: string, tests: TestSummary): Problem[] {
  return tests.failures.slice(0, mostFailures).map(({ name, message, location }) => ({
    severity: "error",
    reasonCode: "build.tests-failed",
    message: `${service}: test "${name}" failed${message ? `: ${message}` : "."}`,
    ...(location && { location }),
  }));
}

/** Reads the lcov report of a service. @throws Refusal `build.report-unreadable` */
export async function readCoverage(report: string, at: Surroundings): Promise<FileCoverage[]> {
  const files = parseLcov(await readReport(report, at));
  if (files === null) throw unreadable(report, at, "is not an lcov report: it has no record of a file");
  return files;
}

/**
 * Coverage against its threshold.
 *
 * @returns the problems when it is too low: one for the service, then the longest uncovered parts
 */
export function coverageProblems(
  files: readonly FileCoverage[],
  thresholdPercent: number,
  at: Surroundings,
): { coverage: NonNullable<BuiltService["coverage"]>; problems: Problem[] } {
  const percent = linesPercent(files);
  const coverage = { linesPercent: percent, thresholdPercent };
  if (percent >= thresholdPercent) return { coverage, problems: [] };

  // Rounded down, so that 79.96 % is never called 80 %.
  const shown = Math.floor(percent * 10) / 10;
  const worst = files
    .filter((file) => file.covered < file.lines)
    .sort((a, b) => b.lines - b.covered - (a.lines - a.covered))
    .slice(0, 5)
    .map((file) => `  ${file.file}: ${file.lines - file.covered} of ${file.lines} lines not covered`);
  const uncovered = files
    .flatMap((file) => {
      const path = projectFile(file.file, at.directory, at.cwd);
      return path ? ranges(file.uncovered).map(([line, endLine]) => ({ file: path, line, endLine })) : [];
    })
    .sort((a, b) => b.endLine - b.line - (a.endLine - a.line))
    .slice(0, mostRanges);
  return {
    coverage,
    problems: [
      {
        severity: "error",
        reasonCode: "build.coverage-low",
        message: `${at.service}: line coverage is ${shown} %, below the ${thresholdPercent} % that is asked for.`,
        remedy: ["Test what no test reaches yet:", ...worst].join("\n"),
      },
      ...uncovered.map(
        (location): Problem => ({
          severity: "warning",
          reasonCode: "build.line-uncovered",
          message: `${at.service}: no test reaches ${location.line === location.endLine ? "this line" : `the lines ${location.line} to ${location.endLine}`}.`,
          location,
        }),
      ),
    ],
  };
}

async function readReport(report: string, at: Surroundings): Promise<string> {
  return readFile(join(at.cwd, report), "utf8").catch((error: NodeJS.ErrnoException) => {
    throw unreadable(
      report,
      at,
      error.code === "ENOENT" ? "was not written" : `cannot be read (${error.code})`,
      error,
    );
  });
}

const unreadable = (report: string, at: Surroundings, what: string, cause?: unknown) =>
  new Refusal(
    {
      reasonCode: "build.report-unreadable",
      message: `${at.service}: the report ${report} ${what}.`,
      remedy: `Let the tests write it to ${dirname(report)}/ of the service, or correct its name in \`build\`.`,
    },
    { cause },
  );
