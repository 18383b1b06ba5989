import type { OnProgress, Progress } from "@sluice/ports";
import {
  evidenceBar,
  formatAlerts,
  formatBounds,
  formatDecision,
  formatErrors,
  formatOutlook,
  formatSeconds,
} from "./evidence.ts";

type RolloutProgress = Extract<Progress, { type: "rollout" }>;

/** Where progress goes, and how it ends. */
export interface Log {
  readonly onProgress: OnProgress;
  /** Leaves the screen tidy; nothing may be reported afterwards. */
  close(): void;
}

/** Local time as `[YYYY-mm-dd HH:MM:SS]`, the form that every log line begins with (R407). */
export function timestamp(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `[${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}]`;
}

/** One progress report as one plain line. */
export function formatProgress(progress: Progress): string {
  if (progress.type === "stage") return `== ${progress.text}`;
  const who = progress.service ? `${progress.service}: ` : "";
  if (progress.type !== "rollout") return `${who}${progress.text}`;
  const parts = [
    `step ${progress.step.index + 1}/${progress.step.count}`,
    formatShares(progress),
    progress.verdict?.sentence ?? "",
    formatWaiting(progress),
  ];
  // How it ended may be what the judge said last.
  return `${who}${[...new Set(parts)].filter((part) => part !== "").join(" | ")}`;
}

/** The share of each version and what it really answers: `2.0.0 25 % (61/s), 1.0.0 75 % (183/s)`. */
export function formatShares({ weights, rates }: RolloutProgress): string {
  return Object.entries(weights)
    .map(([version, weight]) => {
      const rate = rates?.[version];
      return `${version} ${weight} %${rate === undefined ? "" : ` (${rate.toFixed(0)}/s)`}`;
    })
    .join(", ");
}

export function formatWaiting({ waitingFor, remainingSeconds }: RolloutProgress): string {
  return remainingSeconds > 0 ? `${waitingFor}, ${formatSeconds(remainingSeconds)} at most` : waitingFor;
}

/** How sure it is and where it goes, as one line; null before there is a verdict. */
export function formatEvidence(progress: Progress): string | null {
  if (progress.type !== "rollout" || !progress.verdict) return null;
  const { evidence } = progress.verdict;
  const parts = [
    `failed: ${formatErrors(progress, evidence)}`,
    `promote ${evidenceBar(evidence)} roll back (${formatBounds(evidence)})`,
    formatAlerts(evidence),
    formatDecision(evidence),
    ...(progress.outlook ? [`if nothing changes: ${formatOutlook(progress.outlook)}`] : []),
  ];
  return `${progress.service}: ${parts.filter((part) => part !== null).join(" | ")}`;
}

/**
 * Lines with a time for a log that nobody redraws. A rollout says something when its step, its shares, or its
 * verdict changes, and every `everySeconds` in between, not at every reading. What the judge said is said once: until
 * the next reading a line tells only what is done.
 */
export function plainLog(
  write: (line: string) => void,
  now: () => number = Date.now,
  everySeconds = 10,
): Log {
  const last = new Map<string, { key: string; at: number; judgedAt: number | undefined }>();
  return {
    onProgress(progress) {
      let told = progress;
      if (progress.type === "rollout") {
        const key = JSON.stringify([
          progress.step,
          progress.weights,
          progress.verdict?.verdict,
          progress.waitingFor,
        ]);
        const before = last.get(progress.service);
        if (before?.key === key && now() - before.at < everySeconds * 1000) return;
        const judgedAt = progress.verdict?.t;
        if (before && before.judgedAt === judgedAt) told = { ...progress, verdict: undefined };
        last.set(progress.service, { key, at: now(), judgedAt });
      }
      const mark = progress.type === "warning" ? "warning: " : progress.type === "output" ? "  | " : "";
      write(`${timestamp(new Date(now()))} ${mark}${formatProgress(told)}`);
      const evidence = formatEvidence(told);
      if (evidence !== null) write(`${timestamp(new Date(now()))} ${evidence}`);
    },
    close() {},
  };
}
