import { canonicalJson, type SaidVerdict, type Sample, type Verdict } from "@sluice/documents";
import { advance, conclude, observe, start } from "./judge.ts";
import type { Policy } from "./policy.ts";

/** Readings that were judged by one policy. A rollout that was taken up again has one part for each run. */
export interface ReplayPart {
  policy: Policy;
  samples: readonly Sample[];
}

export interface Replay {
  /** One for each reading, in order. */
  verdicts: readonly Verdict[];
  /** The first rollback, else what is said when there is no more time. */
  final: Verdict;
}

/**
 * Judges stored readings again, as a rollout judged them when they were made. A run that takes a rollout up lets the
 * judge see every earlier reading first, under its own policy, and so does this.
 *
 * @throws RangeError without a part
 */
export function replay(parts: readonly ReplayPart[]): Replay {
  const last = parts.at(-1);
  if (!last) throw new RangeError("there is nothing to replay");
  const seen: Sample[] = [];
  const verdicts: Verdict[] = [];
  let state = start(last.policy);
  for (const { policy, samples } of parts) {
    state = seen.reduce((so, sample) => advance(so, sample, policy), start(policy));
    for (const sample of samples) {
      const next = observe(state, sample, policy);
      state = next.state;
      verdicts.push(next.verdict);
      seen.push(sample);
    }
  }
  const final =
    verdicts.find(({ verdict }) => verdict === "rollback") ??
    conclude(state, last.policy, { mustDecide: true });
  return { verdicts, final };
}

/**
 * A verdict as one line of JSON: `t`, `verdict`, `reason_code`, and the evidence with its sentence, the keys inside
 * in alphabetical order. The same verdict is the same bytes on every machine.
 */
export function verdictLine({ t, verdict, reasonCode, sentence, evidence }: SaidVerdict): string {
  const members = { t, verdict, reason_code: reasonCode, evidence: { ...evidence, sentence } };
  return `{${Object.entries(members).map(member).join(",")}}`;
}

/** The last line of a replay: the word in which it ends, and the verdict that it rests on. */
export function finalLine(
  { t, verdict, reasonCode, sentence, evidence }: SaidVerdict,
  more: Record<string, unknown> = {},
): string {
  const members = {
    final: verdict,
    t,
    reason_code: reasonCode,
    evidence: { ...evidence, sentence },
    ...more,
  };
  return `{${Object.entries(members).map(member).join(",")}}`;
}

const member = ([key, value]: [string, unknown]) => `${JSON.stringify(key)}:${canonicalJson(value)}`;
