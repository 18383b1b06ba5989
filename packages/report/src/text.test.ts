import { describe, expect, test } from "vitest";
import { toJson } from "./json.ts";
import { report } from "./report.ts";
import { toSvg } from "./svg/rollout-chart.ts";
import { threeReleases } from "./testing/example-history.ts";
import { aligned, toText } from "./text.ts";

const history = threeReleases();
const all = report(history.input());

describe("the report in a terminal", () => {
  test("aligns columns, numbers to the right", () => {
    expect(
      aligned(
        [
          ["a", "1 s", "x"],
          ["long", "12 s", "y"],
        ],
        [1],
      ),
    ).toEqual(["a      1 s  x", "long  12 s  y"]);
  });

  test("has each run with its headline and stages", () => {
    const text = toText(all);
    expect(text).toContain("3.0.0 of orders was rolled back to 2.0.0.");
    expect(text).toMatch(/^ {2}deploy {3}rolled back +24\.4 s {2}orders went back to 2\.0\.0\.$/m);
    expect(text).not.toContain("\u001b");
  });

  test("has colours only when asked for, and never those of others", () => {
    const [result] = history.runs[0]!.results;
    const bad = { ...result!, summary: "\u001b[31mred\u0007\nsecond line" };
    expect(toText(bad)).not.toContain("\u001b");
    expect(toText(bad, { colours: true })).toContain("\u001b[32msucceeded\u001b[0m");
    expect(toText(bad, { colours: true })).not.toContain("\u001b[31mred");
  });

  test("says of a scanner that did not run that it did not", () => {
    const scan = history.runs[0]!.results.find((result) => result.stage === "scan")!;
    expect(toText(scan)).toMatch(/images +skipped +did not run/);
  });
});

describe("the report as JSON", () => {
  test("is one document of everything, the same bytes for the same input", () => {
    const text = toJson(all);
    expect(text).toBe(toJson(report(history.input())));
    const document = JSON.parse(text);
    expect(document).toMatchObject({
      schema: "sluice/report/v1",
      project: "shop",
      runs: [{}, {}, { status: "rolled_back" }],
    });
    expect(document.runs[2].rollouts[0].measures.canaryErrors).toBeGreaterThan(0);
    expect(text.split('"rollout.sample"').length - 1).toBe(
      history.events.filter((event) => event.type === "rollout.sample").length,
    );
    expect(document.runs[2].rollouts[0].rollout).not.toHaveProperty("samples"); // they are in the events
  });
});

describe("the chart as a picture", () => {
  test("stands alone and brings its style", () => {
    const picture = toSvg(all.runs[2]!.rollouts[0]!.rollout)!;
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" class="plot"[^>]*><style>/);
    expect(picture).toContain("prefers-color-scheme: dark");
  });

  test("is none where there is nothing to draw", () => {
    expect(toSvg(all.runs[0]!.rollouts[0]!.rollout)).toBeNull();
  });
});
