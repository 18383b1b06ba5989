import { readFileSync } from "node:fs";
import { Refusal } from "@sluice/documents";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseEnvironmentConfig } from "./parse.ts";
import { environmentProblems, file } from "./testing/refusals.ts";

describe("YAML", () => {
  test("a syntax error has its line", () => {
    expect(environmentProblems("replicas: 1\nstrategy: [a\n")).toMatchObject([
      { reasonCode: "config.not-yaml", location: { file, line: 3 } },
    ]);
  });

  test("a key that is there twice is refused", () => {
    expect(environmentProblems("replicas: 1\nreplicas: 2\n")).toMatchObject([
      {
        reasonCode: "config.not-yaml",
        message: "The key `replicas` is there twice.",
        location: { line: 2, column: 1 },
      },
    ]);
  });

  test("anchors, aliases and merge keys work, and errors in them have the line of the anchor", () => {
    const text = (timeout: string) =>
      `services:\n  a:\n    healthCheck: &check\n      timeout: ${timeout}\n  b:\n    healthCheck: *check\n  c:\n    healthCheck:\n      <<: *check\n      path: /up\n`;
    const { config } = parseEnvironmentConfig(text("2s"), file);
    expect(config.services).toEqual({
      a: { healthCheck: { timeout: 2 } },
      b: { healthCheck: { timeout: 2 } },
      c: { healthCheck: { timeout: 2, path: "/up" } },
    });
    expect(environmentProblems(text("2")).map(({ location }) => [location?.line, location?.key])).toEqual([
      [4, "services.a.healthCheck.timeout"],
      [4, "services.b.healthCheck.timeout"],
      [4, "services.c.healthCheck.timeout"],
    ]);
  });

  test("aliases that unfold to very much are refused", () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`)}]`);
    expect(environmentProblems(`l0: &l0 [x]\n${levels.join("\n")}\n`)).toMatchObject([
      { reasonCode: "config.not-yaml", message: expect.stringContaining("aliases") },
    ]);
  });

  test.each([
    ["an anchor inside itself", "services: &a\n  x: *a\n"],
    ["an alias without anchor", "services: *nothing\n"],
    ["two documents", "replicas: 1\n---\nreplicas: 2\n"],
    ["thousands of brackets", "[".repeat(30_000)],
    ["a tag that is not known", "strategy: !new canary\n"],
    ["control characters", "replicas: 1\u0000\n\t- x"],
  ])("%s is refused as such", (_what, text) => {
    expect(environmentProblems(text)[0]).toMatchObject({ reasonCode: "config.not-yaml" });
  });

  test("an empty file is an environment with all defaults", () => {
    expect(parseEnvironmentConfig("# nothing yet\n", ".deploy/qa-config.yaml").config).toMatchObject({
      environment: "qa",
      strategy: "rolling",
      replicas: 1,
      healthCheck: { retries: 10, interval: 5, timeout: 5 },
      limits: { jobTimeout: 21_600 },
    });
  });

  test("keys that belong to every object are still unknown", () => {
    expect(
      environmentProblems("__proto__: {replicas: 3}\nconstructor: 1\n").map(({ location }) => location?.key),
    ).toEqual(["__proto__", "constructor"]);
  });
});

test("whatever happens to a file, it is accepted or refused with a sentence, a remedy and a line", () => {
  const whole = readFileSync(new URL("../fixtures/production-config.yaml", import.meta.url), "utf8");
  const debris = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom(
      "[",
      "{",
      "&a ",
      "*a",
      "<<: *a\n",
      "- ",
      "null",
      "5",
      "!!binary ",
      "? ",
      "|\n",
      "\n",
      "1e999",
      "~",
    ),
  );
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(20), debris, (at, length, inserted) => {
      try {
        parseEnvironmentConfig(whole.slice(0, at) + inserted + whole.slice(at + length), file);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        for (const { message, remedy, location } of error.problems) {
          expect(message).toMatch(/\.$/);
          expect(remedy).toMatch(/\.$/);
          expect(location).toMatchObject({ file, line: expect.any(Number), column: expect.any(Number) });
        }
      }
    }),
    { numRuns: 300 },
  );
});
