import { describe, expect, test } from "vitest";
import { acceptedBy, readIgnoreList } from "./ignore-list.ts";

const list = (text: string) => readIgnoreList(text).rules;
const finding = { rule: "jwt", fingerprint: "abc:12", file: "test/data/a.ts" };

describe("the list of accepted findings", () => {
  test.each([
    ["by rule and glob", 'jwt test/** expires=2030-01-01 reason="x"', true],
    ["by fingerprint", 'abc:12 **/a.ts expires=2030-01-01 reason="x"', true],
    ["by place alone", '* test/** expires=2030-01-01 reason="x"', true],
    ["not in another place", 'jwt src/** expires=2030-01-01 reason="x"', false],
    ["not another rule", 'github-token test/** expires=2030-01-01 reason="x"', false],
  ])("accepts %s", (_, text, isAccepted) => {
    expect(acceptedBy(finding, list(text), "2029-12-31") !== null).toBe(isAccepted);
  });

  test("a rule that still holds goes before one that is over", () => {
    const rules = list('jwt ** expires=2020-01-01 reason="old"\njwt ** expires=2030-01-01 reason="new"');
    expect(acceptedBy(finding, rules, "2025-01-01")).toMatchObject({
      isExpired: false,
      rule: { reason: "new" },
    });
    expect(acceptedBy(finding, rules, "2031-01-01")).toMatchObject({ isExpired: true });
  });

  test.each([
    "jwt",
    "jwt **",
    'jwt ** reason="x"',
    "jwt ** expires=2030-01-01",
    'jwt ** expires=2030-13-45 reason="x"',
    'jwt ** expires=2030-01-01 reason=" "',
  ])("%s accepts nothing and is a problem", (text) => {
    const { rules, problems } = readIgnoreList(`# comment\n\n${text}\n`, "x");
    expect(rules).toEqual([]);
    expect(problems).toMatchObject([
      { reasonCode: "scan.suppression-invalid", location: { file: "x", line: 3 } },
    ]);
  });
});
