import { expect, test } from "vitest";
import { checksumOf, compareVersions, parseMigrationName } from "./migration-file.ts";

test.each([
  ["V1__create_orders.sql", "up", "1", "create orders"],
  ["V1.2__x.sql", "up", "1.2", "x"],
  ["V1_2__x__y.sql", "up", "1.2", "x  y"],
  ["V01.0__x.sql", "up", "1", "x"],
  ["V20260101120000__x.sql", "up", "20260101120000", "x"],
  ["U3__drop_orders.sql", "down", "3", "drop orders"],
])("%s is %s %s %s (R178, R192)", (file, direction, version, name) => {
  expect(parseMigrationName(file)).toEqual({ direction, version, name });
});

test.each([
  "1__x.sql",
  "V__x.sql",
  "V1_x.sql",
  "V1__.sql",
  "v1__x.sql",
  "V1a__x.sql",
  "V1__x.SQL",
  "R__x.sql",
])("%s is not the name of a migration", (file) => expect(parseMigrationName(file)).toBeNull());

test("versions are ordered by number", () => {
  const versions = ["10", "9", "1.10", "1.9", "1", "20260101120000", "1.9.1"];
  expect(versions.sort(compareVersions)).toEqual(["1", "1.9", "1.9.1", "1.10", "9", "10", "20260101120000"]);
  expect(compareVersions("1", "1.0")).toBe(0);
});

test("a checksum does not depend on line endings or a byte order mark", () => {
  expect(checksumOf("\ufeffSELECT 1;\r\nSELECT 2;\r\n")).toBe(checksumOf("SELECT 1;\nSELECT 2;\n"));
  expect(checksumOf("SELECT 1;")).not.toBe(checksumOf("SELECT 2;"));
});
