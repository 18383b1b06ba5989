import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

/** Some hundred processes load the same sources and bundles; what Node and V8 made of them is kept between them. */
export const compileCache = { NODE_COMPILE_CACHE: resolve(import.meta.dirname, ".build/compile-cache") };

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: "forks",
    env: compileCache,
    // Most of the time of a test is spent waiting for processes and databases, not computing.
    maxWorkers: 3 * availableParallelism(),
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
