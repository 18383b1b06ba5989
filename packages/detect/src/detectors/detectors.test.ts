import { describe, expect, test } from "vitest";
import { SecretScanner } from "../scanner.ts";
import { detectors } from "./index.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const scanner = new SecretScanner();

/** Files in which an unquoted value is a value; .pgpass is a format of its own. */
const fileOf = (rule: string) =>
  rule === "pgpass" ? ".pgpass" : rule === "htpasswd" ? ".htpasswd" : "app.env";

describe.each(detectors)("the detector $id (R140)", ({ id, keywords, examples, revoke }) => {
  test("is complete: keywords in lower case, both kinds of examples, how to revoke", () => {
    expect(keywords.every((keyword) => keyword.length > 0 && keyword === keyword.toLowerCase())).toBe(true);
    expect(examples.finds.length).toBeGreaterThan(0);
    expect(examples.ignores.length).toBeGreaterThan(0);
    expect(revoke).not.toBe("");
  });

  test.each(examples.finds.map((text, index) => [index + 1, text]))("finds its example %d", (_, text) => {
    const { findings } = scanner.scan(bytes(`first line\n${text}\n`), { file: fileOf(id), salt: "s" });
    expect(findings.map(({ rule }) => rule)).toContain(id);
    expect(JSON.stringify(findings)).not.toContain(String(text).slice(-12));
  });

  test.each(examples.ignores.map((text, index) => [index + 1, text]))(
    "ignores its look-alike %d",
    (_, text) => {
      const { findings } = scanner.scan(bytes(`first line\n${text}\n`), { file: fileOf(id), salt: "s" });
      expect(findings.map(({ rule }) => rule)).not.toContain(id);
    },
  );
});

test("no two detectors have one name", () => {
  expect(new Set(detectors.map(({ id }) => id)).size).toBe(detectors.length);
});
