// Runs the tests of the service in the current directory once, for three readers: people (the terminal),
// reports/junit.xml and reports/lcov.info.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";

mkdirSync("reports", { recursive: true });
const { status } = spawnSync(
  process.execPath,
  [
    "--test",
    "--experimental-test-coverage",
    "--test-coverage-include=src/**",
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=junit",
    "--test-reporter-destination=reports/junit.xml",
    "--test-reporter=lcov",
    "--test-reporter-destination=reports/lcov.info",
  ],
  // Silences a warning of the test runner about its own three reporters.
  { stdio: "inherit", env: { ...process.env, NODE_NO_WARNINGS: "1" } },
);
process.exitCode = status ?? 1;
