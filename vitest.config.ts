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
    maxWorkers: 2 * availableParallelism() + 1,
    projects: [
      { extends: true, test: { name: "pure", include: pure, isolate: false } },
      {
        extends: true,
        test: {
          name: "real",
          // A module that is loaded once for many files saves a third of the time; tests leave no state in it.
          isolate: false,
          include: [
            "packages/**/*.test.ts",
            "actions/**/*.test.ts",
            "scripts/**/*.test.ts",
            "tests/contract/**/*.test.ts",
          ],
          exclude: [
            "**/node_modules/**",
            "**/fixtures/**",
            "dist/**",
            "out/**",
            "**/*.long.test.ts",
            ...pure,
          ],
        },
      },
      {
        extends: true,
        test: {
          name: "acceptance",
          include: ["tests/acceptance/**/*.test.ts"],
        },
      },
    ],
  },
});
