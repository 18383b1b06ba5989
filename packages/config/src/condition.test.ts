import fc from "fast-check";
import { expect, test } from "vitest";
import { conditionPattern, parseCondition } from "./condition.ts";

test("conditions of any metric, comparison and spacing are read back from their canonical text (R101)", () => {
  const space = fc.constantFrom("", " ", "  ");
  const upper = fc.constantFrom(">", ">=");
  const bound = fc.integer({ min: 0, max: 1000 }).map((n) => n / 10);
  const metric = fc.oneof(
    fc.record({ name: fc.constant("error_rate"), comparison: upper, unit: fc.constant("%") }),
    fc.record({
      name: fc.constant("availability"),
      comparison: fc.constantFrom("<", "<="),
      unit: fc.constant("%"),
    }),
    fc.record({
      name: fc.constantFrom("latency_p50", "latency_p95", "latency_p99", "latency_p99.9"),
      comparison: upper,
      unit: fc.constantFrom("ms", "s"),
    }),
  );
  fc.assert(
    fc.property(metric, bound, space, space, ({ name, comparison, unit }, value, before, after) => {
      const text = `${name}${before}${comparison}${after}${value}${unit}`;
      expect(text).toMatch(new RegExp(conditionPattern));
      const reading = parseCondition(text);
      if (!reading.ok) throw new Error(`${text}: ${reading.message}`);
      expect(reading.condition.value).toBeCloseTo(unit === "s" ? value * 1000 : value, 9);
      expect(parseCondition(reading.condition.text)).toEqual(reading);
    }),
  );
});

test.each([
  ["latency_p95 > 2x", { value: 2, isRelative: true, unit: "factor" }],
  ["error_rate>1.5x", { text: "error_rate > 1.5x", isRelative: true }],
  ["cpu > 90%", { metric: "cpu", value: 90 }],
  ["cpu > 150%", { value: 150 }],
  ["memory >= 95%", { metric: "memory", comparison: ">=" }],
  ["health_failures > 3", { value: 3, unit: "count" }],
  ["restarts >= 2", { text: "restarts >= 2" }],
])("%s is a condition (R277, R278, R345, C08)", (text, condition) => {
  expect(text).toMatch(new RegExp(conditionPattern));
  expect(parseCondition(text)).toMatchObject({ ok: true, condition });
});

test.each([
  ["memory > 101%", /more than all memory/],
  ["availability < 2x", /`2x`/],
  ["health_failures > 3%", /`3%`/],
  ["latency_p95 > x", /`x`/],
  ["error_rate > 101%", /more than all requests/],
  ["error_rate", /not a condition/],
  ["error_rate > ", /``/],
  ["errors > 1%", /not a metric/],
  ["constructor > 1%", /not a metric/],
  ["toString > 1%", /not a metric/],
  ["latency_p0 > 1ms", /not a metric/],
  ["latency_p100 > 1ms", /not a metric/],
  ["latency_p99 > 1%", /`1%`/],
  ["error_rate = 1%", /not a condition/],
  ["error_rate > 1% and latency_p99 > 1s", /`1% and/],
])("%j is refused: %s", (text, message) => {
  expect(parseCondition(text)).toMatchObject({ ok: false, message: expect.stringMatching(message) });
});
