import { Refusal } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { documentOf, exitCodeOf, exitCodeOfError } from "./exit.ts";

describe("the exit status", () => {
  test.each([
    ["succeeded", "deploy.promoted", 0],
    ["skipped", "migrate.none", 0],
    ["failed", "deploy.unhealthy", 1],
    ["failed", "config.unknown-service", 2],
    ["rolled_back", "rollback.verified", 1],
    ["rollback_failed", "rollback.failed", 1],
    ["held", "deploy.held", 3],
    ["inconclusive", "deploy.inconclusive", 3],
    ["cancelled", "deploy.cancelled", 130],
  ] as const)("of a result that is %s for %s is %i", (status, reasonCode, exitCode) => {
    expect(exitCodeOf({ status, reasonCode })).toBe(exitCode);
  });

  test("of a refusal tells bad input, a cancel and the rest apart; a defect has its own", () => {
    const of = (reasonCode: "config.not-yaml" | "run.cancelled" | "run.locked") =>
      exitCodeOfError(new Refusal({ reasonCode, message: "" }));
    expect([of("config.not-yaml"), of("run.cancelled"), of("run.locked")]).toEqual([2, 130, 1]);
    expect(exitCodeOfError(new TypeError("x is not a function"))).toBe(70);
  });
});

describe("the document about a command without a result", () => {
  test("holds every problem of a refusal", () => {
    const refusal = new Refusal([
      { reasonCode: "config.unknown-key", message: "one" },
      { reasonCode: "config.unit-missing", message: "two" },
    ]);
    expect(documentOf(refusal)).toMatchObject({
      status: "failed",
      reasonCode: "config.unknown-key",
      summary: "one",
      problems: [{ message: "one" }, { message: "two" }],
    });
  });

  test("says cancelled for a cancel, and run.internal for a defect", () => {
    expect(documentOf(new Refusal({ reasonCode: "run.cancelled", message: "" })).status).toBe("cancelled");
    expect(documentOf(new TypeError("x"))).toMatchObject({ status: "failed", reasonCode: "run.internal" });
  });
});
