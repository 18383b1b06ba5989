import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseProjectConfig } from "@sluice/config";
import { migrate } from "@sluice/database";
import { systemClock } from "@sluice/process";
import { type RunningPostgres, startPostgres } from "@sluice/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databaseCheck } from "./check-database.ts";

let postgres: RunningPostgres;
const directory = mkdtempSync(join(tmpdir(), "sluice-check-"));
const { config: project } = parseProjectConfig(
  "name: shop\nservices: [{ name: orders, path: ., command: [node, server.js] }]\ndatabase: { migrations: . }\n",
  "project.yaml",
);
beforeAll(async () => {
  postgres = await startPostgres();
  writeFileSync(join(directory, "V1__create.sql"), "CREATE TABLE orders (id int);\n");
});
afterAll(async () => {
  await postgres.stop();
  rmSync(directory, { recursive: true });
});

const check = (version?: string) =>
  databaseCheck({ project, directory, variables: { DATABASE_URL: postgres.url } }, version)!(
    AbortSignal.timeout(10_000),
  );

test("the verification of a release fails while its migrations are not applied (R198)", async () => {
  await expect(check("2.0.0")).rejects.toMatchObject({
    reasonCode: "verify.migrations-pending",
    message: expect.stringMatching(/V1__create\.sql is not applied/),
  });
  await expect(check()).resolves.toMatch(/connections in use$/);

  const url = postgres.url;
  await migrate({ url, directory, runId: "test", clock: systemClock, backup: null });
  await expect(check("2.0.0")).resolves.toMatch(/schema at 1$/);
});

test("a project without the URL of its database has nothing to check", () => {
  expect(databaseCheck({ project, directory, variables: {} }, "2.0.0")).toBeUndefined();
});
