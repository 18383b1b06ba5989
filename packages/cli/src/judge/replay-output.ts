import { canonicalJson, type Verdict, withoutSchema } from "@sluice/documents";
import { finalLine, type Replay, verdictLine } from "@sluice/judge";
import { formatLearned } from "@sluice/plan";
import { aligned, count, duration, factor, share } from "@sluice/report";
import type { ReplaySource } from "./replay-source.ts";

/** One line for each reading, and the end. The same input is the same bytes on every machine. */
export function jsonOf(source: ReplaySource, { verdicts, final }: Replay): string {
  const compared = comparison(source, verdicts);
  const lines = [...verdicts.map(verdictLine), finalLine(final, compared ? { recorded: compared } : {})];
  return `${lines.join("\n")}\n`;
}

/** How many verdicts of the journal were said again; null where there is nothing to compare with. */
export function comparison(
  { recorded }: ReplaySource,
  verdicts: readonly Verdict[],
): { verdicts: number; same: number } | null {
  const pairs = recorded.flatMap((then, index) => (then ? [{ then, now: verdicts[index]! }] : []));
  if (pairs.length === 0) return null;
  const isSame = ({ then, now }: (typeof pairs)[number]): boolean =>
    canonicalJson(withoutSchema(now)) === canonicalJson(then);
  return { verdicts: pairs.length, same: pairs.filter(isSame).length };
}

/** Rows that are shown beside those at which something changed. */
const evenly = 24;

/** The replay for a person: a row where the verdict or the weight changed, and some between. */
export function tableOf(source: ReplaySource, { verdicts, final }: Replay): string {
  const samples = source.parts.flatMap((part) => part.samples);
  const stride = Math.max(1, Math.ceil(verdicts.length / evenly));
  const shown = verdicts.flatMap((verdict, index) => {
    const before = verdicts[index - 1];
    const isNews =
      verdict.verdict !== before?.verdict ||
      verdict.reasonCode !== before.reasonCode ||
      samples[index]!.weight !== samples[index - 1]?.weight;
    return isNews || index % stride === 0 || index === verdicts.length - 1 || verdict === final
      ? [{ verdict, weight: samples[index]!.weight }]
      : [];
  });
  const rows = shown.map(({ verdict: { t, verdict, reasonCode, evidence }, weight }) => [
    duration(t),
    `${weight} %`,
    arm(evidence.canary),
    arm(evidence.baseline),
    factor(evidence.eValue),
    factor(evidence.promotionEValue),
    verdict,
    reasonCode,
  ]);
  const { alpha, beta } = final.evidence;
  const head = [
    "time",
    "weight",
    "new version failed",
    "old version failed",
    "worse",
    "as good",
    "verdict",
    "",
  ];
  const compared = comparison(source, verdicts);
  return [
    `${source.file}: ${count(verdicts.length)} readings, judged by ${source.policy}.`,
    ...(source.rollout ? [nameOf(source.rollout)] : []),
    ...source.learned.map((number) => `  ${formatLearned(number)}`),
    "",
    ...aligned([head, ...rows], [0, 1, 2, 3, 4, 5]),
    "",
    `Worse: ${count(1 / alpha)} is enough to roll back. As good: ${count(1 / beta)} is enough to promote.`,
    ...(compared
      ? [
          `${count(compared.same)} of ${count(compared.verdicts)} verdicts that were recorded are the same now, to the last digit.`,
        ]
      : []),
    `${final.verdict} after ${duration(final.t)} (${final.reasonCode})`,
    `  ${final.sentence}`,
    "",
  ].join("\n");
}

const nameOf = ({ service, from, to, status, runs }: NonNullable<ReplaySource["rollout"]>): string =>
  `${service ?? "Rollout"}: ${from ?? "nothing"} to ${to}, ${status.replaceAll("_", " ")}, run ${runs.join(", ")}.`;

const arm = (counts: Verdict["evidence"]["canary"]): string =>
  counts
    ? `${count(counts.errors)} of ${count(counts.requests)}${counts.requests > 0 ? ` (${share(counts.errors / counts.requests)})` : ""}`
    : "no data";
