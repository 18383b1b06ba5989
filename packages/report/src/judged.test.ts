import { describe, expect, test } from "vitest";
import { alertsOf } from "./alerts.ts";
import { measured } from "./evidence-words.ts";
import { prose as htmlProse } from "./html/markup.ts";
import { toHtml } from "./html/page.ts";
import { prose as markdownProse } from "./markdown/parts.ts";
import { toMarkdown } from "./markdown/summary.ts";
import { report } from "./report.ts";
import { decidedInterval } from "./svg/rollout-chart.ts";
import { type Ending, judgedRelease } from "./testing/judged-release.ts";

/** A page, a summary and the rollout that they are about. */
function shown(ending: Ending) {
  const made = report(judgedRelease(ending));
  const page = toHtml(made);
  const text = page
    .replace(/<(script|style)>[\s\S]*?<\/\1>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");
  return { page, text, summary: toMarkdown(made), rollout: made.runs[0]!.rollouts[0]!.rollout };
}

describe("the time that decided (R405)", () => {
  const { page, text, summary, rollout } = shown("bad");

  test("is shaded in the charts from where the judge says it began to where it ended", () => {
    const interval = decidedInterval(rollout)!;
    const decided = rollout.verdicts.find(({ verdict }) => verdict.verdict === "rollback")!;
    // The canary was started three seconds after the rollout.
    expect(interval.from).toBeCloseTo(3 + decided.verdict.evidence.interval!.from, 6);
    expect(interval.to).toBeCloseTo((decided.at - rollout.startedAt) / 1000, 6);
    for (const plot of page.match(/<svg class="plot"[\s\S]*?<\/svg>/g)!) {
      const [, x, width] = /class="decided" x="([\d.]+)" y="20" width="([\d.]+)"/.exec(plot)!;
      const [, left, right, seconds] = /data-left="(\d+)" data-right="(\d+)" data-seconds="([\d.]+)"/.exec(
        plot,
      )!;
      const at = (t: number) => Number(left) + (t / Number(seconds)) * (Number(right) - Number(left));
      expect(Number(x)).toBeCloseTo(at(interval.from), 0);
      expect(Number(x) + Number(width)).toBeCloseTo(at(interval.to), 0);
    }
  });

  test("is said in words on the page and in the job summary", () => {
    expect(text).toMatch(/Decided 40 s after the canary was started, by what was seen from 4 s to 40 s,/);
    expect(summary).toContain("Decided by `errors`, from 4 s to 40 s after the canary was started.");
  });

  test("is nowhere where nothing was decided by it", () => {
    for (const ending of ["good", "held", "inconclusive"] as const) {
      const other = shown(ending);
      expect(other.page).not.toContain('class="decided"');
      expect(other.text).not.toContain("shaded");
      expect(other.summary).not.toContain("Decided by");
    }
  });
});

describe("the exact test", () => {
  test("has a row with how far it got, and says when it was what decided", () => {
    const { text, summary } = shown("creeping");
    expect(text).toMatch(/Exact test over the planned rollout .* errors 87 87 0\.085 % of 0\.18 % ✕ reached/);
    expect(summary).toContain(
      "The exact test of errors over the planned rollout counted 87; 87 were enough to roll back (reached, 0.085 % of its 0.18 % spent).",
    );
  });

  test("says when it was not reached", () => {
    expect(shown("good").text).toMatch(/errors 56 70 0\.14 % of 0\.18 % not reached/);
  });
});

describe("critical alerts (R273)", () => {
  const { text, summary, rollout } = shown("alert");

  test("are known with the time since which they fire, those of before the release too", () => {
    expect(alertsOf(rollout)).toEqual([
      { name: "CheckoutFailing", since: 155, until: null },
      { name: "DiskAlmostFull", since: null, until: null },
    ]);
    expect(alertsOf(shown("good").rollout)).toEqual([]);
    expect(alertsOf({ ...rollout, samples: [] })).toBeNull();
  });

  test("that ended, and fired again, last from their first time to their last", () => {
    const { sample } = rollout.samples[0]!;
    const firing = [[], ["A"], [], null, ["A"], [], []].map((alerts, index) => ({
      at: rollout.startedAt + 10_000 * index,
      sample: { ...sample, alerts },
    }));
    expect(alertsOf({ ...rollout, samples: firing })).toEqual([{ name: "A", since: 10, until: 50 }]);
  });

  test("stand in the section of their service, and new ones in the job summary", () => {
    expect(text).toContain("CheckoutFailing after 2 min 35 s ✕ still firing");
    expect(text).toContain("DiskAlmostFull before the release still firing");
    expect(summary).toContain(
      "Critical alerts that began to fire since the release began: `CheckoutFailing`.",
    );
  });

  test("are said to be none where none fired, and nothing where nobody asked", () => {
    expect(shown("good").text).toContain("No critical alert fired meanwhile.");
    const input = judgedRelease("good");
    const events = input.events.map((event) => {
      if (event.type !== "rollout.sample") return event;
      const { alerts: _, ...data } = event.data;
      return { ...event, data };
    });
    expect(toHtml(report({ ...input, events }))).not.toMatch(/critical alert fired/i);
  });
});

describe("a sentence with code in it", () => {
  const sentence = "`<b>|` is **worse**, `not <closed> @here";

  test("has code between pairs of backticks, and is text otherwise", () => {
    expect(htmlProse(sentence).text).toBe("<code>&lt;b&gt;|</code> is **worse**, `not &lt;closed&gt; @here");
    expect(markdownProse(sentence)).toBe(
      "`<b>\u2223` is \\*\\*worse\\*\\*, \\`not &lt;closed&gt; @\u200bhere",
    );
  });

  test("is read so in verdict and headline", () => {
    const { page, summary } = shown("alert");
    expect(page).toMatch(/<code>CheckoutFailing<\/code> began to fire/);
    expect(summary).toContain("roll back: `CheckoutFailing` began to fire");
    expect(summary).not.toContain("\\`");
  });
});

test.each([
  ["error_rate > 5%", 3.666, "3.67 %"],
  ["latency_p99 > 1000ms", 91.7, "92 ms"],
  ["latency_p95 > 2x", 1.25, "1.25 times"],
  ["latency_p99 increase > 100%", 12, "12 %"],
  ["error budget (99.9% over 30d) burns > 14.4x in 1h", 3.1, "3.1 times"],
  ["health_failures > 2", 3, "3"],
  ["critical alerts firing", 0, "0"],
  ["availability < 99%", null, "no data"],
])("what is measured for `%s` has its unit", (condition, value, words) => {
  expect(measured({ condition, value })).toBe(words);
});
