import type { RolloutView } from "@sluice/journal";
import { verdictWords } from "../evidence-words.ts";
import { duration } from "../format.ts";
import { type Markup, svg } from "../html/markup.ts";
import { finalVerdict, isDecisive } from "../measures.ts";
import type { Frame } from "./panel.ts";

const tones: Record<string, string> = { rollback: "bad", promote: "good" };

export interface Mark {
  /** Milliseconds since 1970. */
  at: number;
  tone: string;
  word: string;
  sentence: string;
  isEnd: boolean;
}

/** Moments at which the judge began to hold, decided, or ran out of time. Steps that may go on are no news. */
export function marksOf(rollout: RolloutView): Mark[] {
  // Waiting for the first requests of a step is no news, so a first verdict that decides nothing gets no mark.
  const decided = finalVerdict(rollout);
  const first = rollout.verdicts[0]?.verdict.verdict;
  let before = first === "hold" ? first : "continue";
  const marks = rollout.verdicts.flatMap(({ at, verdict }): Mark[] => {
    const isShort = verdict.reasonCode === "judge.too-little-traffic";
    const isNews = verdict.verdict !== before && !isShort;
    if (!isShort) before = verdict.verdict;
    const isEnd = at === decided?.at && isDecisive(rollout, verdict);
    if (!isEnd && (!isNews || verdict.verdict === "continue" || verdict.verdict === "promote")) return [];
    const tone = tones[verdict.verdict] ?? "wait";
    return [{ at, tone, word: verdictWords[verdict.verdict], sentence: verdict.sentence, isEnd }];
  });
  // That the time was up is said by the rollout, not at a reading.
  const { finishedAt, status, summary } = rollout;
  if (status === "inconclusive" && finishedAt !== null && !marks.some(({ isEnd }) => isEnd))
    marks.push({
      at: finishedAt,
      tone: "wait",
      word: verdictWords.inconclusive,
      sentence: summary ?? "",
      isEnd: true,
    });
  return marks;
}

/** A line at each of these moments, with its name where there is room for it; the end has the first right to it. */
export function verdictMarks(rollout: RolloutView, frame: Frame, bottom: number): Markup[] {
  const placed = marksOf(rollout).map((mark) => {
    const seconds = (mark.at - rollout.startedAt) / 1000;
    const x = frame.x(seconds);
    const isRight = x > (frame.left + frame.right) / 2;
    const name = `${mark.word} · ${duration(seconds)}`;
    const width = 6.5 * name.length + 10;
    return { ...mark, x, isRight, name, from: isRight ? x - width : x, to: isRight ? x : x + width };
  });
  const named: typeof placed = [];
  for (const mark of placed.toSorted((a, b) => Number(b.isEnd) - Number(a.isEnd)))
    if (named.every(({ from, to }) => mark.to < from || mark.from > to)) named.push(mark);
  return placed.map((mark) => {
    const { x, isRight, tone, name, sentence } = mark;
    const isNamed = named.includes(mark);
    const label =
      isNamed &&
      svg`<text class="halo label-${tone} ${isRight ? "end" : ""}" x="${x + (isRight ? -5 : 5)}" y="12">${name}</text>`;
    return svg`<g><line class="mark ${tone}" x1="${x}" x2="${x}" y1="${isNamed ? 4 : 18}" y2="${bottom}"/>${label}<title>${sentence}</title></g>`;
  });
}
