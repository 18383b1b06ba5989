import type { DetailsOf } from "../../packages/documents/src/result.ts";
import type { LoadReport } from "./load.ts";
import { percentile } from "./load-summary.ts";
import type { ReleaseRun } from "./measure.ts";

/** What was measured, as a table for the terminal. */
export function toTable(releases: readonly ReleaseRun[], load: LoadReport, seconds: number): string {
  const stages = ["build", "scan", "migrate", "deploy", "verify", "watch"];
  const rows: string[][] = [
    ["", ...releases.map(({ version }) => version)],
    ["ended as", ...releases.map(({ status }) => status)],
    ...stages.map((stage) => [`${stage}, s`, ...releases.map((release) => secondsOf(release, stage))]),
    ["requests sent meanwhile", ...releases.map(({ sent }) => text(sent))],
    ["requests failed meanwhile", ...releases.map(({ failed }) => text(failed))],
    [
      "first canary request to verdict, s",
      ...releases.map(({ secondsToVerdict }) => text(secondsToVerdict, 1)),
    ],
    [
      "bad responses served by the release",
      ...releases.map(({ badResponses, sent }) => (sent === null ? "-" : String(badResponses))),
    ],
    ["verdict to all traffic back, s", ...releases.map(({ secondsUntilBack }) => text(secondsUntilBack, 2))],
    ["schema before", ...releases.map((release) => schema(release, "before"))],
    ["schema after", ...releases.map((release) => schema(release, "after"))],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]! + 3)))
      .join(""),
  );
  const rate = load.requests / ((load.finishedAt - load.startedAt) / 1000);
  const causes = Object.entries(load.causes).map(([cause, count]) => `${count} ${cause}`);
  return [
    ...table,
    "",
    `In all ${load.requests} requests at ${rate.toFixed(0)}/s, p99 ${percentile(load.latencies, 0.99)} ms; failed: ${causes.join(", ") || "none"}.`,
    `The demonstration took ${seconds.toFixed(0)} s.`,
  ].join("\n");
}

function secondsOf({ results }: ReleaseRun, stage: string): string {
  const result = results.find((each) => each.stage === stage);
  if (!result) return "-";
  if (result.status === "skipped") return "skipped";
  return ((Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000).toFixed(1);
}

function schema({ results }: ReleaseRun, when: "before" | "after"): string {
  const details = results.find((each) => each.stage === "migrate")?.details as
    | DetailsOf<"migrate">
    | undefined;
  const summary = details?.[when];
  if (!summary) return "-";
  const columns = summary.tables.reduce((sum, table) => sum + table.columns, 0);
  return `V${summary.version ?? "0"}, ${columns} columns`;
}

const text = (value: number | null, digits = 0): string => (value === null ? "-" : value.toFixed(digits));
