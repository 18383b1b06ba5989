import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cpu,
  duration,
  formatCpu,
  formatDuration,
  formatLatency,
  formatMemory,
  formatPercent,
  latency,
  memory,
  parseCpu,
  parseDuration,
  parseLatency,
  parseMemory,
  parsePercent,
  percent,
} from "./units.ts";

describe("quantities (R105)", () => {
  test.each([
    ["500ms", 0.5],
    ["4s", 4],
    ["10m", 600],
    ["1h30m", 5400],
    ["1.5h", 5400],
    ["7d", 604_800],
    ["0s", 0],
  ])("the duration %s is %d seconds", (text, seconds) => expect(parseDuration(text)).toBe(seconds));

  test.each(["", "s", "5", "5 s", "5S", "-5s", "5m5", "1e3s", "5min", "∞s"])("%j is no duration", (text) =>
    expect(parseDuration(text)).toBeNull(),
  );

  test.each([
    ["512Mi", 536_870_912],
    ["1Gi", 1_073_741_824],
    ["500M", 500_000_000],
    ["1.5Gi", 1_610_612_736],
  ])("the memory %s is %d bytes", (text, bytes) => expect(parseMemory(text)).toBe(bytes));

  test("a percentage is read as percent, a latency as milliseconds, CPU as millicores", () => {
    expect([parsePercent("0.1%"), parsePercent("10 %")]).toEqual([0.1, 10]);
    expect([parseLatency("500ms"), parseLatency("1.5s")]).toEqual([500, 1500]);
    expect(parseCpu("1000m")).toBe(1000);
  });

  const wholes = (max: number) => fc.integer({ min: 0, max });
  test.each([
    ["durations to the millisecond", wholes(1e10).map((n) => n / 1000), formatDuration, parseDuration],
    ["percentages", fc.integer({ min: 0, max: 1e6 }).map((n) => n / 1e4), formatPercent, parsePercent],
    ["latencies", wholes(1e7), formatLatency, parseLatency],
    ["CPU", wholes(1e6), formatCpu, parseCpu],
    ["memory", wholes(2 ** 30).map((n) => n * 1024), formatMemory, parseMemory],
  ])("%s: what is written is read back as it was", (_kind, values, format, parse) => {
    fc.assert(fc.property(values, (value) => parse(format(value)) === value));
  });

  test("what the pattern for editors accepts is what is read, for any text", () => {
    const almost = fc
      .array(fc.constantFrom(..."0123456789.%smhdMGTKki -".split(""), "ms", "Mi"), { maxLength: 6 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (text) => {
        for (const quantity of [duration, percent, latency, cpu, memory])
          expect(quantity.read(text).ok).toBe(new RegExp(quantity.pattern, "u").test(text));
      }),
      { numRuns: 500 },
    );
  });

  test("a bare number is never accepted and its two readings differ", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1, noNaN: true }), (n) => {
        for (const quantity of [duration, percent, latency, cpu, memory]) {
          const reading = quantity.read(n);
          if (reading.ok) throw new Error(`${n} was accepted`);
          expect(reading.reasonCode).toBe("config.unit-missing");
        }
      }),
    );
  });

  test.each([null, true, [], {}, Number.NaN, Number.POSITIVE_INFINITY, -1])(
    "%j is refused as what it is",
    (found) => {
      for (const quantity of [duration, percent, latency, cpu, memory])
        expect(quantity.read(found)).toMatchObject({ ok: false, reasonCode: "config.wrong-type" });
    },
  );
});
