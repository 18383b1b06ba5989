import type { Result } from "@sluice/documents";
import { count, duration, sentence } from "../format.ts";
import { finalVerdict, isDecisive } from "../measures.ts";
import { redact } from "../redact.ts";
import type { Report, RunReport } from "../report.ts";
import { rolloutFlow, stageGantt } from "./diagrams.ts";
import {
  block,
  folded,
  paragraphs,
  prose,
  statusText,
  table,
  escapeMarkdown as text,
  within,
} from "./parts.ts";
import { detailsText, problemsText } from "./stages.ts";
import { verdictText } from "./verdict.ts";

/**
 * The job summary of one stage or of a whole report, as GitHub Markdown of at most 1 MiB.
 *
 * @param secrets values that must not appear; a report has lost them already when it was made
 */
export function toMarkdown(document: Result | Report, secrets: readonly string[] = []): string {
  const clean = redact(document, secrets);
  return within(`${"stage" in clean ? resultText(clean) : reportText(clean)}\n`);
}

function resultText(result: Result): string {
  const seconds = (Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000;
  const version = result.version ? ` ${text(result.version)}` : "";
  return paragraphs(
    `## ${result.stage}${version} in ${text(result.environment)}: ${statusText(result.status)}`,
    `${prose(sentence(result.summary))} It took ${duration(seconds)}.`,
    problemsText(result.problems),
    detailsText(result),
  );
}

function reportText(report: Report): string {
  return paragraphs(
    `# ${text(report.project)} in ${text(report.environment)}`,
    report.runs.length === 0 && "Nothing has been deployed here yet.",
    ...report.runs.map((run) => runText(run)),
  );
}

function runText(run: RunReport): string {
  const gantt = stageGantt(run.view);
  return paragraphs(
    `## ${text(run.headline)}`,
    prose(run.because),
    table(
      ["Stage", "", ">Time", "What happened"],
      run.view.stages.map((stage) => [
        stage.stage,
        statusText(stage.status),
        duration(stage.seconds),
        prose(sentence(stage.summary ?? "")),
      ]),
    ),
    gantt && block(gantt, "mermaid"),
    ...run.rollouts.map(({ rollout, measures }) => {
      const decided = finalVerdict(rollout)?.verdict;
      const flow = rolloutFlow(rollout, decided?.verdict ?? null);
      return paragraphs(
        `### ${text(rollout.service ?? "Rollout")}: ${text(rollout.from ?? "nothing")} → ${text(rollout.to)}, ${statusText(rollout.status)}`,
        flow && block(flow, "mermaid"),
        table(
          ["Measured", ">"],
          (
            [
              ["Rollout", measures.seconds === null ? null : duration(measures.seconds)],
              [
                "First canary request to verdict",
                measures.secondsToVerdict === null ? null : duration(measures.secondsToVerdict),
              ],
              [
                "Requests answered by the new version",
                measures.canaryRequests === null ? null : count(measures.canaryRequests),
              ],
              ["Bad responses served", measures.canaryErrors === null ? null : count(measures.canaryErrors)],
              [
                "Traffic back after the verdict",
                measures.secondsUntilTrafficBack === null ? null : duration(measures.secondsUntilTrafficBack),
              ],
            ] as const
          ).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
        ),
        decided &&
          !isDecisive(rollout, decided) &&
          rollout.status !== "running" &&
          `The judge had not decided when the rollout ended: ${prose(sentence(rollout.summary ?? ""))}`,
        decided && verdictText(decided, rollout.to, rollout.from, rollout.policy?.learned),
      );
    }),
    run.load && loadText(run.load),
    ...run.results.map((result) => {
      const details = paragraphs(
        problemsText(result.problems),
        result.details?.stage === "deploy" ? null : detailsText(result),
      );
      return details === ""
        ? null
        : folded(`${result.stage}: ${result.status.replaceAll("_", " ")}`, details);
    }),
  );
}

function loadText(load: NonNullable<RunReport["load"]>): string {
  const failed = load.failures.reduce((sum, failure) => sum + failure.count, 0);
  return paragraphs(
    `${count(load.sent)} requests were sent meanwhile, ${failed === 0 ? "none of them failed" : `${count(failed)} of them failed`}.`,
    failed > 0 &&
      table(
        ["Cause", ">Requests"],
        load.failures.map((failure) => [text(failure.cause), count(failure.count)]),
      ),
  );
}
