import type { Check, DetailsOf, Problem, Result } from "@sluice/documents";
import { formatDetection, planMermaid, serviceDetection } from "@sluice/plan";
import { bytes, count, duration, milliseconds, percent, share, shortDigest } from "../format.ts";
import {
  block,
  code,
  folded,
  paragraphs,
  prose,
  statusText,
  table,
  escapeMarkdown as text,
} from "./parts.ts";
import { verdictText } from "./verdict.ts";

/** What one stage has to say beyond its one sentence. */
export function detailsText({ details }: Result): string | null {
  switch (details?.stage) {
    case "plan":
      return planText(details);
    case "build":
      return buildText(details);
    case "scan":
      return scanText(details);
    case "migrate":
      return migrateText(details);
    case "deploy":
      return deployText(details);
    case "verify":
      return checksText(details.checks);
    case "watch":
      return watchText(details);
    case "rollback":
      return rollbackText(details);
    default:
      return null;
  }
}

/** What is wrong, where, and what to do about it. */
export function problemsText(problems: readonly Problem[]): string | null {
  if (problems.length === 0) return null;
  return table(
    ["", "Where", "What", "What to do", "Reason"],
    problems.map((problem) => [
      problem.severity,
      problem.location
        ? code(
            [problem.location.file, problem.location.line, problem.location.column].filter(Boolean).join(":"),
          )
        : "",
      prose(problem.message),
      prose(problem.remedy ?? ""),
      code(problem.reasonCode),
    ]),
  );
}

function planText({ plan, planHash, detection }: DetailsOf<"plan">): string {
  const steps = plan.stages.flatMap((stage) =>
    stage.skipped === undefined
      ? stage.steps.map((step) => [
          stage.stage,
          text(step.action),
          step.waitSeconds > 0 ? duration(step.waitSeconds) : "",
        ])
      : [[stage.stage, `skipped: ${text(stage.skipped)}`, ""]],
  );
  return paragraphs(
    `Plan ${code(shortDigest(planHash))}: deliberate waits of ${duration(plan.duration.waitSeconds)} in a job of at most ${duration(plan.duration.limitSeconds)}.`,
    block(planMermaid(plan), "mermaid"),
    detection &&
      folded(
        "What the canaries would find",
        block(detection.map((found) => formatDetection(serviceDetection(found))).join("\n\n")),
      ),
    folded("Every step", table(["Stage", "Step", ">Waits"], steps)),
    plan.rollback.length > 0 &&
      folded(
        "What a rollback would do",
        plan.rollback.map((step, i) => `${i + 1}. ${text(step.action)}`).join("\n"),
      ),
  );
}

function buildText({ services }: DetailsOf<"build">): string {
  const failures = services.flatMap((service) =>
    (service.tests?.failures ?? []).map(
      (failure) => `**${text(service.name)}: ${text(failure.name)}**\n\n${block(failure.message)}`,
    ),
  );
  return paragraphs(
    table(
      ["Service", "", ">Time", ">Tests passed", ">Failed", ">Coverage", ">Threshold", "Digest", ">Size"],
      services.map((service) => [
        text(service.name),
        service.skipped ? `skipped: ${text(service.skipped)}` : statusText(service.status),
        duration(service.seconds),
        service.tests ? count(service.tests.passed) : "none",
        service.tests ? count(service.tests.failed) : "–",
        service.coverage ? percent(service.coverage.linesPercent) : "–",
        service.coverage ? percent(service.coverage.thresholdPercent) : "–",
        service.artifact ? code(shortDigest(service.artifact.digest)) : "–",
        bytes(service.artifact?.bytes),
      ]),
    ),
    failures.length > 0 && folded("Failed tests", failures.slice(0, 50).join("\n\n")),
  );
}

function scanText({ scanners, threshold }: DetailsOf<"scan">): string {
  const findings = scanners.flatMap((scanner) => scanner.findings);
  return paragraphs(
    table(
      ["Scanner", "Outcome", ">Findings", ">Accepted", "What it says"],
      scanners.map((scanner) => {
        const didRun = scanner.outcome === "clean" || scanner.outcome === "findings";
        return [
          text(scanner.scanner),
          statusText(scanner.outcome),
          didRun ? count(scanner.findings.length) : "–",
          didRun ? count(scanner.suppressed.length) : "–",
          prose(scanner.message),
        ];
      }),
    ),
    findings.length > 0 &&
      table(
        ["Severity", "Rule", "Where", "What", "What to do"],
        findings
          .slice(0, 100)
          .map((finding) => [
            finding.severity,
            code(finding.rule),
            finding.location
              ? code([finding.location.file, finding.location.line].filter(Boolean).join(":"))
              : "",
            prose(finding.message),
            prose(finding.remedy ?? ""),
          ]),
      ),
    findings.length > 100 &&
      `The first 100 of ${count(findings.length)} findings are shown; the SARIF file has them all.`,
    `Findings below ${threshold} do not fail the scan.`,
  );
}

function migrateText({
  database,
  before,
  after,
  backup,
  migrations,
  validation,
}: DetailsOf<"migrate">): string {
  const applied = migrations.filter((migration) => migration.outcome !== "already-applied");
  return paragraphs(
    `${code(database)}: version ${code(before?.version ?? "none")} → ${code(after?.version ?? "none")}${backup ? `, backup ${code(backup.reference)} of ${bytes(backup.bytes)}` : ""}.`,
    applied.length > 0
      ? table(
          ["Version", "File", "Phase", "Outcome", ">Statements", ">Time"],
          applied.map((migration) => [
            text(migration.version),
            code(migration.file),
            migration.phase,
            statusText(migration.outcome),
            count(migration.statements),
            duration(migration.seconds),
          ]),
        )
      : "There was nothing to apply.",
    validation.length > 0 &&
      table(
        ["Looked at afterwards", "", "What was found"],
        validation.map((check) => [
          check.name,
          statusText(check.passed ? "passed" : "failed"),
          prose(check.message),
        ]),
      ),
  );
}

function deployText({ services }: DetailsOf<"deploy">): string {
  return paragraphs(
    table(
      ["Service", "From", "To", "Strategy", "", ">Time", ">Requests on it", ">Failed", "Why"],
      services.map((service) => [
        text(service.name),
        text(service.from ?? "none"),
        text(service.to),
        service.strategy,
        statusText(service.status),
        duration(service.seconds),
        service.canary ? count(service.canary.requests) : "–",
        service.canary ? count(service.canary.errors) : "–",
        prose(service.message),
      ]),
    ),
    ...services.map((service) =>
      service.verdict
        ? `**${text(service.name)}** ${verdictText(service.verdict, service.to, service.from)}`
        : null,
    ),
  );
}

const checksText = (checks: readonly Check[]): string =>
  checks.length === 0
    ? "There was nothing that could be checked."
    : table(
        ["Check", "", ">Attempts", ">Time", "What was found"],
        checks.map((check) => [
          text(check.name),
          statusText(check.passed ? "passed" : "failed"),
          count(check.attempts),
          duration(check.seconds),
          prose(check.message),
        ]),
      );

const watchText = ({ seconds, services }: DetailsOf<"watch">): string =>
  paragraphs(
    `Watched for ${duration(seconds)}.`,
    table(
      ["Service", ">Requests", ">Failed", ">Share", ">p99", "What was seen"],
      services.map((service) => [
        text(service.name),
        count(service.requests),
        count(service.errors),
        service.requests > 0 ? share(service.errors / service.requests) : "–",
        milliseconds(service.p99),
        prose(service.message),
      ]),
    ),
  );

const rollbackText = ({ reason, services, checks }: DetailsOf<"rollback">): string =>
  paragraphs(
    prose(reason),
    table(
      ["Service", "From", "To", "", ">Traffic back after", "What happened"],
      services.map((service) => [
        text(service.name),
        text(service.from ?? "–"),
        text(service.to ?? "–"),
        statusText(service.status),
        service.secondsUntilTrafficBack === null ? "never" : duration(service.secondsUntilTrafficBack),
        prose(service.message),
      ]),
    ),
    checksText(checks),
  );
