import type { LoadSummary, Result } from "@sluice/documents";
import type { RunView } from "@sluice/journal";
import { count, counted, duration, sentence, statusWord } from "./format.ts";
import { finalVerdict, isDecisive, measuresOf } from "./measures.ts";

/** What happened in a run, for a person who was not there: one sentence, and what it rests on. */
export function headlineOf(
  view: RunView,
  results: readonly Result[],
  load: LoadSummary | null,
): { title: string; because: string } {
  const version = view.version ?? "The release";
  const allBack = view.rollouts.filter((rollout) => rollout.status === "rolled_back");
  // Those that went back with another one do not say why.
  const back = allBack.find(({ reasonCode }) => reasonCode !== "deploy.partner-failed") ?? allBack[0];
  const failedBack = view.rollouts.find((rollout) => rollout.status === "rollback_failed");

  if (view.status === "rollback_failed" || failedBack)
    return {
      title: `${version} failed and could not be rolled back. A person is needed.`,
      because: sentence(view.summary ?? failedBack?.summary ?? ""),
    };
  if (view.status === "rolled_back" || back) return rolledBack(version, view, back);
  if (view.status === "succeeded") return succeeded(version, view, load);
  if (view.status === "running")
    return {
      title: `${version} is not finished: the journal has no end of this run.`,
      because: "It is still running, or it was killed and another run can take it up.",
    };
  if (view.status === "failed") {
    const stage =
      results.find((result) => result.status === "failed") ??
      view.stages.find((stage) => stage.status === "failed");
    return {
      title: stage
        ? `${version} was not deployed: ${stage.stage} failed.`
        : `${version} was not deployed: the run failed.`,
      because: sentence(stage?.summary ?? view.summary ?? ""),
    };
  }
  const stopped = view.rollouts.filter((rollout) => rollout.status === view.status);
  // Where several ended like that, the run says which of them the others followed.
  const why = stopped.length === 1 ? whyItEnded(stopped[0]!) : null;
  return {
    title: `${version} ${phrases[view.status] ?? `ended as ${statusWord(view.status)}`}.`,
    because: sentence(why ?? view.summary ?? stopped[0]?.summary ?? ""),
  };
}

const phrases: Record<string, string> = {
  held: "is held and waits for a person",
  inconclusive: "could not be decided",
  cancelled: "was cancelled",
  skipped: "was skipped",
};

/** The judge's sentence where the judge ended it; a crash, a cancel or a hold is told by the rollout itself. */
function whyItEnded(rollout: RunView["rollouts"][number]): string | null {
  if (rollout.status === "held") return rollout.summary;
  const verdict = finalVerdict(rollout)?.verdict;
  return verdict && isDecisive(rollout, verdict) ? verdict.sentence : rollout.summary;
}

function rolledBack(version: string, view: RunView, rollout: RunView["rollouts"][number] | undefined) {
  if (!rollout) return { title: `${version} was rolled back.`, because: sentence(view.summary ?? "") };
  const measures = measuresOf(rollout);
  const parts = [sentence(whyItEnded(rollout) ?? view.summary ?? "")];
  // The judge names the failures itself when they are what it decided by.
  const isTold =
    measures.canaryErrors !== null &&
    new RegExp(`fail.* ${count(measures.canaryErrors)} of `).test(parts[0]!);
  if (measures.canaryRequests !== null && !isTold)
    parts.push(
      `It had answered ${counted(measures.canaryRequests, "request")}, ${count(measures.canaryErrors ?? 0)} of them badly.`,
    );
  if (measures.secondsUntilTrafficBack !== null)
    parts.push(
      `All traffic was on ${rollout.from ?? "the old version"} again ${duration(measures.secondsUntilTrafficBack)} after the verdict.`,
    );
  const to = rollout.from === null ? "" : ` to ${rollout.from}`;
  const service = rollout.service ? ` of ${rollout.service}` : "";
  return { title: `${version}${service} was rolled back${to}.`, because: parts.filter(Boolean).join(" ") };
}

function succeeded(version: string, view: RunView, load: LoadSummary | null) {
  const rollouts = view.rollouts;
  if (rollouts.length === 0)
    return {
      title: `${view.version ?? "The run"}: every stage succeeded.`,
      because: sentence(view.summary ?? ""),
    };
  const isFirst = rollouts.every((rollout) => rollout.from === null);
  const judged = rollouts.filter((rollout) => finalVerdict(rollout)?.verdict.verdict === "promote");
  const parts: string[] = [];
  if (isFirst)
    parts.push("It is the first version in this environment, so there was nothing to compare it with.");
  else if (judged.length > 0) {
    const slowest = judged.reduce((a, b) =>
      (measuresOf(b).seconds ?? 0) > (measuresOf(a).seconds ?? 0) ? b : a,
    );
    const names = judged.map((rollout) => rollout.service).filter((name) => name !== null);
    const what = names.length === 0 ? "It" : names.join(" and ");
    parts.push(
      `${what} went out by canary and ${names.length > 1 ? "were" : "was"} promoted by the judge within ${duration(measuresOf(slowest).seconds)}.`,
    );
    if (judged.length === 1) parts.push(sentence(finalVerdict(slowest)?.verdict.sentence ?? ""));
  } else parts.push(sentence(view.summary ?? ""));
  const lost = load?.failures.reduce((sum, failure) => sum + failure.count, 0);
  if (load && lost !== undefined)
    parts.push(
      lost === 0
        ? `None of ${counted(load.sent, "request")} sent meanwhile was lost.`
        : `${count(lost)} of ${counted(load.sent, "request")} sent meanwhile failed.`,
    );
  return { title: `${version} is live.`, because: parts.filter(Boolean).join(" ") };
}
