import { Refusal } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { parseReadings } from "./readings.ts";

const arm = { requests: 10, errors: 1 };
const line = (value: unknown): string => JSON.stringify(value);

/** What is refused: line, key and reason of each problem. */
function problemsOf(text: string) {
  try {
    parseReadings(text, "samples.jsonl");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.problems.map(({ reasonCode, location }) => [location?.line, location?.key, reasonCode]);
  }
  return [];
}

describe("readings that somebody has kept", () => {
  test("are read with latency, other metrics and replicas; empty lines, a mark of order and CRLF do not matter", () => {
    const text = `\uFEFF${line({ t: 0, weight: 5, canary: null, baseline: arm })}\r\n\n${line({
      t: 10,
      weight: 5,
      canary: { ...arm, latency: { "0.1": 8, "+Inf": 10 }, gauges: { cpu: 12 } },
      baseline: { ...arm, events: { checkout: { events: 1, total: 3 } } },
      replicas: { ready: 1, desired: 2 },
    })}\n`;
    const samples = parseReadings(text, "samples.jsonl");
    expect(samples).toHaveLength(2);
    expect(samples[0]).toMatchObject({ canary: null, baseline: { ...arm, latency: {} } });
    expect(samples[1]?.canary?.latency).toEqual({ "0.1": 8, "+Inf": 10 });
  });

  test("a version that is left out has no data", () => {
    expect(parseReadings(line({ t: 0, weight: 5, baseline: arm }), "x")[0]?.canary).toBeNull();
  });

  test("the same moment twice is no step back", () => {
    const twice = [line({ t: 5, weight: 5 }), line({ t: 5, weight: 5 })].join("\n");
    expect(parseReadings(twice, "x")).toHaveLength(2);
  });
});

describe("what cannot be a reading is refused with its line and key (R476)", () => {
  test.each([
    ["no readings at all", "\n\n", [undefined, undefined, "config.input-invalid"]],
    ["no JSON", "oops", [1, undefined, "config.input-invalid"]],
    ["NaN", '{"t":1,"weight":5,"canary":{"requests":NaN,"errors":0}}', [1, "requests", "config.not-allowed"]],
    ["a list", "[1]", [1, undefined, "config.wrong-type"]],
    ["no time", line({ weight: 5 }), [1, "t", "config.missing-key"]],
    ["a time in words", line({ t: "10s", weight: 5 }), [1, "t", "config.wrong-type"]],
    ["a time before the start", line({ t: -1, weight: 5 }), [1, "t", "config.not-allowed"]],
    ["a number too large to be one", '{"t":1e999,"weight":5}', [1, "t", "config.not-allowed"]],
    ["101 %", line({ t: 1, weight: 101 }), [1, "weight", "config.not-allowed"]],
    ["an unknown key", line({ t: 1, weight: 5, cannary: arm }), [1, "cannary", "config.unknown-key"]],
    [
      "an unknown key of a version",
      line({ t: 1, weight: 5, canary: { ...arm, failures: 1 } }),
      [1, "canary.failures", "config.unknown-key"],
    ],
    [
      "a negative counter",
      line({ t: 1, weight: 5, baseline: { requests: -1, errors: 0 } }),
      [1, "baseline.requests", "config.not-allowed"],
    ],
    [
      "more errors than requests",
      line({ t: 1, weight: 5, canary: { requests: 1, errors: 2 } }),
      [1, "canary.errors", "config.not-allowed"],
    ],
    [
      "a bucket that is no number",
      line({ t: 1, weight: 5, canary: { ...arm, latency: { fast: 1, "+Inf": 10 } } }),
      [1, "canary.latency.fast", "config.not-allowed"],
    ],
    [
      "a histogram without its last bucket",
      line({ t: 1, weight: 5, canary: { ...arm, latency: { "0.1": 1 } } }),
      [1, "canary.latency", "config.not-allowed"],
    ],
    [
      "a histogram that falls",
      line({ t: 1, weight: 5, canary: { ...arm, latency: { "0.1": 9, "0.5": 8, "+Inf": 10 } } }),
      [1, "canary.latency.0.5", "config.not-allowed"],
    ],
    [
      "time that goes back",
      [line({ t: 10, weight: 5 }), "", line({ t: 5, weight: 5 })].join("\n"),
      [3, "t", "config.not-allowed"],
    ],
  ])("%s", (_, text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test("all of it at once, up to twenty problems", () => {
    expect(problemsOf(`x\n${line({ t: 1, weight: 200, foo: 1 })}`)).toHaveLength(3);
    expect(problemsOf("x\n".repeat(50))).toHaveLength(21);
  });
});
