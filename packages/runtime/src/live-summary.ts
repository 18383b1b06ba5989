import { readFileSync, writeFileSync } from "node:fs";
import type { OnProgress, Progress } from "@sluice/ports";
import { rolloutLines } from "@sluice/terminal";

type RolloutProgress = Extract<Progress, { type: "rollout" }>;

/** Where rollouts stand, in the job summary, from their first moment on. */
export interface LiveSummary {
  readonly onProgress: OnProgress;
  /** Takes it out again, so that what is written next is about the end. */
  close(): void;
}

/**
 * Keeps the summary of the step up to date while rollouts run: a runner that is killed in the middle of one has said
 * how far it was. What others wrote into it before stays. A summary that cannot be written stops nothing.
 *
 * @param path of `GITHUB_STEP_SUMMARY`; without one nothing is written
 * @param everySeconds between two writes while no step, share or verdict changes
 */
export function liveSummary(path: string | undefined, everySeconds = 10, now = Date.now): LiveSummary {
  const rollouts = new Map<string, RolloutProgress>();
  let before: string | null = null;
  let last = { key: "", at: 0 };

  const write = (text: string): void => {
    try {
      before ??= readFileSync(path!, { encoding: "utf8", flag: "a+" });
      writeFileSync(path!, before + text);
    } catch {
      // The log says the same, and the rollout matters more.
    }
  };
  return {
    onProgress(progress) {
      if (!path || progress.type !== "rollout") return;
      rollouts.set(progress.service, progress);
      const shown = [...rollouts.values()];
      const key = JSON.stringify(
        shown.map(({ step, weights, verdict }) => [step, weights, verdict?.verdict]),
      );
      if (key === last.key && now() - last.at < everySeconds * 1000) return;
      last = { key, at: now() };
      write(`### Rollout under way\n\n${shown.map(block).join("\n\n")}\n`);
    },
    close() {
      if (path && before !== null) write("");
    },
  };
}

const block = (progress: RolloutProgress): string => {
  const text = rolloutLines(progress).join("\n");
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
};
