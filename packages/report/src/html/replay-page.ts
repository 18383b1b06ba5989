import { type LearnedNumber, type Sample, type Verdict, withoutSchema } from "@sluice/documents";
import type { RecordedRollout, RolloutView } from "@sluice/journal";
import { verdictWords } from "../evidence-words.ts";
import { count, counted, duration } from "../format.ts";
import { measuresOf } from "../measures.ts";
import { html, type Markup, prose } from "./markup.ts";
import { document } from "./page.ts";
import { badge } from "./parts.ts";
import { rolloutSection } from "./sections/rollout.ts";

/** Readings that were judged again. */
export interface ReplayedRollout {
  file: string;
  samples: readonly Sample[];
  /** One for each sample. */
  verdicts: readonly Verdict[];
  final: Verdict;
  /** Where the policy came from, in words. */
  policy: string;
  learned: readonly LearnedNumber[];
  /** What a journal tells about it; null for readings alone. */
  rollout: RecordedRollout | null;
}

/** A replay as one page that needs nothing else. The same replay is the same bytes. */
export function replayPage(replayed: ReplayedRollout): string {
  const { file, samples, final, policy } = replayed;
  const view = viewOf(replayed);
  // What the readings hold beyond the rollback would not have happened.
  const happened = final.verdict === "rollback" ? until(view, final.t * 1000) : view;
  return document({
    title: `${titles[final.verdict]} ${file}`,
    body: html`<header class="top">
<h1>Replay of ${file}</h1>
<p class="kicker first">${badge(final.verdict, verdictWords[final.verdict])}</p>
<p class="lead" id="lead">${titles[final.verdict]}</p>
<p class="because">${prose(final.sentence)}</p>
<p class="meta">${counted(samples.length, "reading")} over ${duration((samples.at(-1)?.t ?? 0) - (samples[0]?.t ?? 0))}, judged by ${policy}.</p>
</header>
<main><article class="only" aria-labelledby="lead"><section class="rollouts" aria-label="Rollout">${rolloutSection(view, measuresOf(happened), "replay", true)}</section></article></main>
<footer>Made by Sluice from ${count(samples.length)} readings. This page needs no network.</footer>` satisfies Markup,
  });
}

const titles: Record<Verdict["verdict"], string> = {
  promote: "The new version would be promoted.",
  rollback: "The new version would be rolled back.",
  inconclusive: "It cannot be decided.",
  hold: "The step would be held.",
  continue: "The step would go on.",
};

const statuses: Record<Verdict["verdict"], RolloutView["status"]> = {
  promote: "succeeded",
  rollback: "rolled_back",
  inconclusive: "inconclusive",
  hold: "held",
  continue: "running",
};

/** The replay as a rollout that began at 0, with what the judge says now. */
function viewOf({ samples, verdicts, final, learned, rollout }: ReplayedRollout): RolloutView {
  const { from, to } = rollout ?? { from: "old version", to: "new version" };
  const at = (t: number): number => t * 1000;
  const isOver = final.verdict === "promote" || final.verdict === "rollback";
  const said = verdicts.map((verdict) => ({ at: at(verdict.t), verdict: withoutSchema(verdict) }));
  return {
    service: rollout?.service ?? null,
    from,
    to,
    strategy: rollout?.strategy ?? "canary",
    resumed: false,
    startedAt: 0,
    finishedAt: at(samples.at(-1)?.t ?? 0),
    status: statuses[final.verdict],
    reasonCode: final.reasonCode,
    summary: final.sentence,
    unanswered: rollout?.unanswered ?? null,
    weights: samples.flatMap(({ t, weight }, index) =>
      weight === samples[index - 1]?.weight
        ? []
        : [
            {
              at: at(t),
              step: index,
              weights: { ...(from === null ? {} : { [from]: 100 - weight }), [to]: weight },
            },
          ],
    ),
    samples: samples.map((sample) => ({ at: at(sample.t), sample })),
    // What is said when there is no more time stands at the end.
    verdicts:
      isOver && said.some(({ verdict }) => verdict.verdict === final.verdict)
        ? said
        : [...said.slice(0, -1), { at: at(final.t), verdict: withoutSchema(final) }],
    policy: learned.length > 0 ? { options: {}, learned: [...learned] } : null,
  };
}

const until = (view: RolloutView, end: number): RolloutView => ({
  ...view,
  finishedAt: end,
  samples: view.samples.filter(({ at }) => at <= end),
});
