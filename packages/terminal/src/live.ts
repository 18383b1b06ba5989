import { stripVTControlCharacters, styleText } from "node:util";
import type { Progress } from "@sluice/ports";
import {
  evidenceBar,
  formatAlerts,
  formatBounds,
  formatDecision,
  formatErrors,
  formatOutlook,
} from "./evidence.ts";
import { formatProgress, formatShares, formatWaiting, type Log, timestamp } from "./plain.ts";

type RolloutProgress = Extract<Progress, { type: "rollout" }>;

/** The part of a terminal that is needed to draw on it. */
export interface Screen {
  write(text: string): unknown;
  readonly columns?: number;
}

/**
 * Messages scroll by; below them each rollout has a block of its own that is redrawn in place: share of the
 * new version as a bar, observed rates, how both versions fail and
 * how sure that is, the evidence between its two bounds, what the judge says, what is waited for and for how long, and
 * what happens next if nothing changes.
 */
export function liveLog(screen: Screen, now: () => number = Date.now): Log {
  const blocks = new Map<string, RolloutProgress>();
  let drawn = 0;

  const erase = (): void => {
    if (drawn > 0) screen.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  const draw = (): void => {
    const width = screen.columns ?? 100;
    const lines = [...blocks.values()].flatMap(formatBlock).map((line) => cut(line, width - 1));
    if (lines.length > 0) screen.write(`${lines.join("\n")}\n`);
    drawn = lines.length;
  };

  return {
    onProgress(progress) {
      erase();
      if (progress.type === "rollout") {
        if (progress.isOver) {
          blocks.delete(progress.service);
          screen.write(`${dim(timestamp(new Date(now())))} ${formatProgress(progress)}\n`);
        } else blocks.set(progress.service, progress);
      } else screen.write(`${formatMessage(progress, now())}\n`);
      draw();
    },
    close() {
      erase();
      blocks.clear();
    },
  };
}

const dim = (text: string): string => styleText("dim", text);

function formatMessage(progress: Exclude<Progress, RolloutProgress>, now: number): string {
  const line = formatProgress(progress);
  const time = dim(timestamp(new Date(now)));
  if (progress.type === "stage") return `\n${styleText("bold", progress.text)}`;
  if (progress.type === "warning") return `${time} ${styleText("yellow", `warning: ${line}`)}`;
  return `${time} ${progress.type === "output" ? dim(`  | ${line}`) : line}`;
}

function formatBlock(progress: RolloutProgress): string[] {
  const share = progress.weights[progress.version] ?? 0;
  const filled = Math.round(share / 5);
  const bar = `${"█".repeat(filled)}${"░".repeat(20 - filled)}`;
  const bad = progress.verdict?.verdict === "rollback";
  return [
    `  ${styleText("bold", progress.service)} ${progress.version} ${styleText(bad ? "red" : "cyan", bar)} ${share} %` +
      dim(`  step ${progress.step.index + 1}/${progress.step.count}  ${formatShares(progress)}`),
    ...evidenceLines(progress),
    `    ${progress.verdict?.sentence ?? dim("no verdict yet")}`,
    dim(`    ${formatWaiting(progress)}`),
    ...(progress.outlook ? [`    If nothing changes: ${formatOutlook(progress.outlook)}.`] : []),
  ];
}

/** Both error ratios with their uncertainty, and the evidence between its two bounds. */
function evidenceLines(progress: RolloutProgress): string[] {
  if (!progress.verdict) return [];
  const { evidence } = progress.verdict;
  const [good = "", worse = ""] = evidenceBar(evidence).split("┃");
  return [
    `    failed ${formatErrors(progress, evidence)}`,
    `    promote ${styleText("green", good)}┃${styleText("red", worse)} roll back  ${dim(formatBounds(evidence))}`,
    ...[formatAlerts(evidence), formatDecision(evidence)].flatMap((text) => (text ? [`    ${text}`] : [])),
  ];
}

/** The block of a rollout without colours, for a place that is no terminal. */
export const rolloutLines = (progress: RolloutProgress): string[] =>
  formatBlock(progress).map((line) => stripVTControlCharacters(line));

/** Cuts a line with colours to a width in characters; colours are given up for a line that is too long. */
function cut(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, Math.max(0, width - 1))}…`;
}
