import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { compileCache } from "../../vitest.config.ts";

/** Stories that take minutes together, mostly of waiting: the suite of `npm run test:long`. */
export default defineConfig({
  test: {
    root: resolve(import.meta.dirname, "../.."),
    include: ["tests/long/*.test.ts", "packages/**/*.long.test.ts"],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    pool: "forks",
    env: compileCache,
    maxWorkers: 3 * availableParallelism(),
  },
});
