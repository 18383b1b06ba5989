import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.test.ts"],
    globalSetup: ["./install.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // act starts several programs for each run; two cores have enough to do with one.
    fileParallelism: false,
  },
});
