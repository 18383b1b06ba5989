import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Packages without input and output: their tests leave nothing behind, so files can share a process. */
const pure = [
  "config",
  "detect",
  "documents",
  "inventory",
  "journal",
  "judge",
  "plan",
  "ports",
  "report",
  "rollout",
  "sarif",
  "sql",
  "terminal",
  "vulnerability",
].map((name) => `packages/${name}/**/*.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Most of the time of a test is spent waiting for processes and databases, not computing.
    maxWorkers: Math.max(3, availableParallelism()),
    projects: [
      { extends: true, test: { name: "pure", include: pure, isolate: false } },
      {
        extends: true,
        test: {
          name: "real",
          include: [
            "packages/**/*.test.ts",
            "actions/**/*.test.ts",
            "scripts/**/*.test.ts",
            "tests/contract/**/*.test.ts",
          ],
          exclude: ["**/node_modules/**", "**/fixtures/**", "dist/**", "out/**", ...pure],
        },
      },
      {
        extends: true,
        test: {
          name: "acceptance",
          include: ["tests/acceptance/**/*.test.ts"],
          // Whole pipelines as processes: where a machine is busy with something else one can be late. A second try
          // in CI tells that from a defect; vitest names the tests that needed it.
          retry: process.env.CI ? 1 : 0,
        },
      },
    ],
  },
});
