import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/**/*.test.ts",
      "actions/**/*.test.ts",
      "scripts/**/*.test.ts",
      "tests/{contract,acceptance}/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/fixtures/**", "dist/**", "out/**"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Most of the time of a test is spent waiting for processes and databases, not computing.
    maxWorkers: Math.max(3, availableParallelism()),
  },
});
