import { formatProblem, type Result } from "@sluice/documents";
import {
  bytes,
  count,
  counted,
  duration,
  percent,
  sentence,
  share,
  statusWord,
  withoutControls,
} from "./format.ts";
import { redact } from "./redact.ts";
import type { Report } from "./report.ts";

export interface TextOptions {
  /** Colours and bold type for a terminal; off for a log. */
  colours?: boolean;
  secrets?: readonly string[];
}

/** One stage, or all runs of a report, for a terminal: short lines and aligned columns. */
export function toText(document: Result | Report, options: TextOptions = {}): string {
  const clean = redact(document, options.secrets ?? []);
  const paint = painter(options.colours ?? false);
  const lines = "stage" in clean ? resultLines(clean, paint) : reportLines(clean, paint);
  return `${lines.join("\n")}\n`;
}

type Paint = (style: "bold" | "good" | "bad" | "quiet", text: string) => string;
const codes = { bold: "1", good: "32", bad: "31", quiet: "2" };
const painter =
  (isOn: boolean): Paint =>
  (style, text) =>
    isOn ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;

const tone = (status: string) =>
  ["succeeded", "passed", "clean", "applied"].includes(status)
    ? "good"
    : ["failed", "findings", "error", "rolled_back", "rollback_failed"].includes(status)
      ? "bad"
      : "quiet";

function resultLines(result: Result, paint: Paint): string[] {
  const seconds = (Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000;
  const title = `${result.stage}${result.version ? ` ${result.version}` : ""} in ${result.environment}`;
  return [
    `${paint("bold", title)}: ${paint(tone(result.status), statusWord(result.status))} after ${duration(seconds)}`,
    `  ${sentence(oneLine(result.summary))}`,
    ...rowsOf(result).map((line) => `  ${line}`),
    ...result.problems.flatMap((problem) =>
      withoutControls(formatProblem(problem))
        .split("\n")
        .map((line) => `  ${line}`),
    ),
  ];
}

function reportLines(report: Report, paint: Paint): string[] {
  if (report.runs.length === 0)
    return [`${report.project} in ${report.environment}: nothing has been deployed here yet.`];
  return report.runs.flatMap((run, index) => [
    ...(index > 0 ? [""] : []),
    paint("bold", run.headline),
    ...(run.because ? [`  ${run.because}`] : []),
    ...aligned(
      run.view.stages.map((stage) => [
        stage.stage,
        statusWord(stage.status),
        duration(stage.seconds),
        sentence(oneLine(stage.summary ?? "")),
      ]),
      [2],
    ).map((line) => `  ${line}`),
  ]);
}

/** The table of a stage; what has none says it in its sentence. */
function rowsOf({ details }: Result): string[] {
  switch (details?.stage) {
    case "build":
      return aligned(
        details.services.map((service) => [
          service.name,
          statusWord(service.status),
          duration(service.seconds),
          service.tests
            ? `${count(service.tests.passed)} passed, ${count(service.tests.failed)} failed`
            : "no tests",
          service.coverage ? `${percent(service.coverage.linesPercent)} covered` : "",
          bytes(service.artifact?.bytes),
        ]),
        [2, 5],
      );
    case "scan":
      return aligned(
        details.scanners.map((scanner) => [
          scanner.scanner,
          scanner.outcome,
          scanner.outcome === "clean" || scanner.outcome === "findings"
            ? counted(scanner.findings.length, "finding")
            : "did not run",
          scanner.message,
        ]),
      );
    case "migrate":
      return aligned(
        details.migrations.map((m) => [m.version, m.file, statusWord(m.outcome), duration(m.seconds)]),
        [3],
      );
    case "deploy":
      return aligned(
        details.services.map((service) => [
          service.name,
          `${service.from ?? "none"} → ${service.to}`,
          statusWord(service.status),
          duration(service.seconds),
          service.canary
            ? `${count(service.canary.requests)} requests, ${share(service.canary.requests > 0 ? service.canary.errors / service.canary.requests : null)} failed`
            : "",
          service.url ?? "",
        ]),
        [3],
      );
    case "verify":
    case "rollback":
      return aligned(
        details.checks.map((check) => [
          check.passed ? "passed" : "failed",
          check.name,
          `attempt ${check.attempts}`,
          check.message,
        ]),
      );
    default:
      return [];
  }
}

/** Columns of equal width; those named in `right` stand right. */
export function aligned(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const clean = rows.map((row) => row.map(oneLine));
  const columns = Math.max(0, ...clean.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...clean.map((row) => [...(row[i] ?? "")].length)),
  );
  return clean.map((row) =>
    row
      .map((cell, i) => {
        const space = " ".repeat(widths[i]! - [...cell].length);
        return right.includes(i) ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd(),
  );
}

const oneLine = (text: string) => withoutControls(text).replace(/\s*\n\s*/g, " ");
