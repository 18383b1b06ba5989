import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Stories that take minutes together, mostly of waiting: the suite of `npm run test:long`. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.test.ts"],
    pool: "forks",
    maxWorkers: 2 * availableParallelism() + 1,
  },
});
