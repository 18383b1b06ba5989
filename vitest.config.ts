import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Most of the time of a test is spent waiting for processes and databases, not computing.
    maxWorkers: 2 * availableParallelism() + 1,
    projects: [
      {
        extends: true,
        test: {
          name: "sources",
          // A module that is loaded once for many files saves a third of the time; tests leave no state in it.
          isolate: false,
          include: [
            "packages/**/*.test.ts",
            "actions/**/*.test.ts",
            "scripts/**/*.test.ts",
            "tests/contract/**/*.test.ts",
          ],
          exclude: [...configDefaults.exclude, "**/fixtures/**", "**/*.long.test.ts"],
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
