import { describe, expect, test } from "vitest";
import { fromExponential, fromPrometheusHistogram } from "./exponential-histogram.ts";

describe("native histograms as cumulative ones (R285)", () => {
  test("scale 0: buckets of a factor of 2, read at powers of 2", () => {
    // offset -4: (1/16, 1/8], (1/8, 1/4], (1/4, 1/2]
    const latency = fromExponential({
      scale: 0,
      count: 12,
      zeroCount: 1,
      positive: { offset: -4, bucketCounts: [5, 0, 6] },
    });
    expect(latency["0.0625"]).toBe(1);
    expect(latency["0.125"]).toBe(6);
    expect(latency["0.25"]).toBe(6);
    expect(latency["0.5"]).toBe(12);
    expect(latency["64"]).toBe(12);
    expect(latency["+Inf"]).toBe(12);
    expect(latency["0.176777"]).toBeUndefined();
  });

  test("a finer scale is the same as the coarser one that its neighbours merge to", () => {
    // scale 3: eight buckets from 0.25 to 0.5, offset -16 (2^(-16/8) = 0.25)
    const fine = fromExponential({
      scale: 3,
      count: 36,
      zeroCount: 0,
      positive: { offset: -16, bucketCounts: [1, 2, 3, 4, 5, 6, 7, 8] },
    });
    const merged = fromExponential({
      scale: 1,
      count: 36,
      zeroCount: 0,
      positive: { offset: -4, bucketCounts: [1 + 2 + 3 + 4, 5 + 6 + 7 + 8] },
    });
    expect(fine).toEqual(merged);
    expect(fine["0.353553"]).toBe(10);
    expect(fine["0.5"]).toBe(36);
  });

  test("the edges do not depend on which buckets have counts", () => {
    const edges = (bucketCounts: number[], offset: number) =>
      Object.keys(fromExponential({ scale: 2, count: 9, zeroCount: 0, positive: { offset, bucketCounts } }));
    expect(edges([9], -30)).toEqual(edges([1, 8], 4));
    expect(edges([9], -30)).toHaveLength(34);
  });

  test("counts that are not numbers, and negative times, are refused", () => {
    const point = { scale: 1, count: 1, zeroCount: 0, positive: { offset: 0, bucketCounts: [1] } };
    expect(() => fromExponential({ ...point, count: Number.NaN })).toThrow(RangeError);
    expect(() => fromExponential({ ...point, zeroCount: -1 })).toThrow("-1");
    expect(() => fromExponential({ ...point, scale: 0.5 })).toThrow("scale");
    expect(() => fromExponential({ ...point, negative: { offset: 0, bucketCounts: [2] } })).toThrow(
      "negative",
    );
  });

  test("an answer of the Prometheus HTTP API is read the same way", () => {
    const latency = fromPrometheusHistogram({
      count: "12",
      buckets: [
        [3, "-0.001", "0.001", "1"],
        [0, "0.0625", "0.125", "5"],
        [0, "0.25", "0.5", "6"],
      ],
    });
    expect(latency["0.125"]).toBe(6);
    expect(latency["0.5"]).toBe(12);
    expect(latency["+Inf"]).toBe(12);
  });

  test.each([
    ["custom buckets", [[0, "0.1", "0.25", "3"]], "not one of a native histogram"],
    [
      "two scales",
      [
        [0, "0.25", "0.5", "3"],
        [0, "1", "1.4142135623730951", "3"],
      ],
      "not one of",
    ],
    ["a count that is no number", [[0, "0.25", "0.5", "NaN"]], "NaN"],
    ["negative times", [[1, "-0.5", "-0.25", "3"]], "negative times"],
  ] as const)("%s are refused", (_, buckets, message) => {
    expect(() => fromPrometheusHistogram({ count: 3, buckets })).toThrow(message);
  });
});
