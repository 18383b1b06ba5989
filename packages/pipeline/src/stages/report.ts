import { join } from "node:path";
import type { Result } from "@sluice/documents";
import { type Report, report, toHtml, toJson, toMarkdown } from "@sluice/report";
import { writeFileAtomic } from "@sluice/store";
import type { Context } from "../context.ts";
import { readRuns } from "../run-folder.ts";
import { runStage } from "../stage.ts";

/** Writes `report.html`, `report.json` and `report.md` about every run that the output folder holds. */
export function reportStage(context: Context): Promise<Result> {
  return runStage(context, "report", undefined, async () => {
    const document = await reportOf(context);
    const files = {
      html: join(context.out, "report.html"),
      json: join(context.out, "report.json"),
      markdown: join(context.out, "report.md"),
    };
    writeFileAtomic(files.html, toHtml(document));
    writeFileAtomic(files.json, toJson(document));
    writeFileAtomic(files.markdown, toMarkdown(document));
    return {
      status: "succeeded",
      reasonCode: "run.reported",
      summary: `The report is ${files.html}.`,
      details: { stage: "report", files },
    };
  });
}

/** The job summary of the whole run. */
export async function summaryOf(context: Context): Promise<string> {
  return toMarkdown(await reportOf(context, context.run));
}

async function reportOf(context: Context, only?: string): Promise<Report> {
  const runs = await readRuns(context);
  return report({
    project: context.project.name,
    environment: context.environment.environment,
    now: context.clock.now(),
    events: await context.journal.events(),
    runs: runs.filter(({ run }) => only === undefined || run === only),
    secrets: context.secrets,
  });
}
