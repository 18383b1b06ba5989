import { describe, expect, test } from "vitest";
import { chooseEdges } from "./histogram.ts";

/** A histogram of so many requests, by the share that is slower than each edge. */
const histogram = (slower: Record<string, number>, total = 10_000) => ({
  ...Object.fromEntries(
    Object.entries(slower).map(([edge, share]) => [edge, Math.round(total * (1 - share))]),
  ),
  "+Inf": total,
});

/** Median 120 ms and p99 380 ms, in buckets as fine as those of the local data plane. */
const fine = histogram({
  ...{ "0.01": 1, "0.05": 0.96, "0.075": 0.83, "0.1": 0.64, "0.15": 0.33, "0.2": 0.15 },
  ...{ "0.25": 0.071, "0.35": 0.016, "0.5": 0.0022, "0.75": 0.0001, "1": 0, "1.5": 0, "2.5": 0 },
});

describe("the edges that are compared (R285, R303)", () => {
  test("lie from the median to the tail, however fine the histogram is", () => {
    expect(chooseEdges(fine, 25)).toEqual(["0.1", "0.25", "0.5", "0.75"]);
  });

  test("are all where there are few, and none below what is felt", () => {
    const coarse = histogram({ "0.01": 0.3, "0.1": 0.29, "1": 0.28 });
    expect(chooseEdges(coarse, 25)).toEqual(["0.1", "1"]);
  });

  test("have the one next to the objective among them", () => {
    expect(chooseEdges(fine, 25, 330)).toEqual(["0.1", "0.25", "0.5", "0.35"]);
    expect(chooseEdges(fine, 25, 260)).toEqual(["0.1", "0.25", "0.5", "0.75"]);
  });

  test("are not chosen before a hundred requests", () => {
    expect(chooseEdges(histogram({ "0.1": 0.5 }, 99), 25)).toBeNull();
  });
});
