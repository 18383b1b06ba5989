import type { Finding, ScanOutcome } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { isAtLeast, overallOutcome, scannerOutcome, statusOf } from "./outcome.ts";

const outcomes: ScanOutcome[] = ["clean", "findings", "skipped", "error"];
const pairs = outcomes.flatMap((a) => outcomes.map((b) => [a, b] as const));
const finding = (severity: Finding["severity"]): Finding => ({
  scanner: "s",
  rule: "r",
  severity,
  message: "m",
  fingerprint: "f",
});

describe("the outcome of a scan (R136, R150)", () => {
  test.each(pairs)("%s and %s: clean only when both are clean, an error always wins", (a, b) => {
    const outcome = overallOutcome([a, b]);
    expect(outcome === "clean").toBe(a === "clean" && b === "clean");
    expect(outcome === "error").toBe(a === "error" || b === "error");
    expect(overallOutcome([b, a])).toBe(outcome);
  });

  test("of no scanner nothing is known", () => expect(overallOutcome([])).toBe("skipped"));

  test("findings outweigh what was skipped, so that they block", () => {
    expect(overallOutcome(["skipped", "findings", "clean"])).toBe("findings");
  });

  test.each([
    [{ failed: true, leftOut: false }, "critical", "error"],
    [{ failed: true, leftOut: true }, null, "error"],
    [{ failed: false, leftOut: true }, null, "skipped"],
    [{ failed: false, leftOut: true }, "high", "findings"],
    [{ failed: false, leftOut: false }, "high", "findings"],
    [{ failed: false, leftOut: false }, "medium", "clean"],
    [{ failed: false, leftOut: false }, null, "clean"],
  ] as const)(
    "one scanner with %o and the finding %s at threshold high is %s",
    (state, severity, outcome) => {
      expect(scannerOutcome(state, severity ? [finding(severity)] : [], "high")).toBe(outcome);
    },
  );

  test("the threshold itself counts (R137)", () => {
    expect(isAtLeast("high", "high")).toBe(true);
    expect(isAtLeast("medium", "high")).toBe(false);
    expect(isAtLeast("unknown", "low")).toBe(false);
  });

  test("only clean succeeds", () => {
    expect(outcomes.filter((outcome) => statusOf(outcome).status === "succeeded")).toEqual(["clean"]);
  });
});
