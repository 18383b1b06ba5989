import { describe, expect, test } from "vitest";
import { entropy } from "./entropy.ts";
import { KeywordIndex } from "./keyword-index.ts";
import { LineNumbers } from "./lines.ts";
import { isPlaceholder } from "./placeholder.ts";
import { SecretScanner } from "./scanner.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const scanner = new SecretScanner();
const scan = (text: string, file = "a.ts") => scanner.scan(bytes(text), { file, salt: "s" });
const key = (rest: string) => ["sk_live", rest].join("_");
const secret = key("4eC39HqLyjWDarjtT1zdp7dc");

describe("the place of a finding", () => {
  test.each([
    ["the first line", `"${secret}"`, 1, 2],
    ["a line after an empty one", `\n\n  "${secret}"\n`, 3, 4],
    ["a line that ends in CR LF", `a\r\nb "${secret}"\r\n`, 2, 4],
    ["a line with characters of several bytes", `α🙂 "${secret}"`, 1, 6],
    ["the end of a file without a last newline", `x\n${secret}`, 2, 1],
  ])("on %s", (_, text, line, column) => {
    expect(scan(text).findings).toMatchObject([{ line, column }]);
  });

  test("in a line of a megabyte is its column", () => {
    const filler = "var a=1;".repeat(60_000);
    expect(scan(`${filler}"${secret}"${filler}`).findings).toMatchObject([
      { line: 1, column: filler.length + 2 },
    ]);
  });

  test("of a key over many lines is where it begins and ends", () => {
    const body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7hT4kB8mQzLrV\n".repeat(20);
    const text = `x\n-----BEGIN PRIVATE ${"KEY"}-----\n${body}-----END PRIVATE ${"KEY"}-----\n`;
    expect(scan(text).findings).toMatchObject([{ rule: "private-key", line: 2, endLine: 22 }]);
  });

  test("line numbers do not depend on the order of the questions", () => {
    const lines = new LineNumbers(bytes("a\nbb\nccc\n"));
    expect([7, 0, 3, 2].map((offset) => lines.at(offset).line)).toEqual([3, 1, 2, 2]);
  });
});

describe("what a finding tells", () => {
  test("is the same secret by the same fingerprint, and nothing without the salt", () => {
    const first = scan(`a "${secret}"`).findings[0]!;
    const again = scan(`\n\nb = '${secret}'`, "other.ts").findings[0]!;
    const salted = scanner.scan(bytes(secret), { file: "a.ts", salt: "other" }).findings[0]!;
    expect(again.fingerprint).toBe(first.fingerprint);
    expect(salted.fingerprint).not.toBe(first.fingerprint);
    expect(first.hint).toBe("sk_l");
  });

  test("nothing at all of a password", () => {
    const { findings } = scan(`pass${""}word = "hT4kB8mQz"`, "app.env");
    expect(findings[0]!.hint).toBe("");
    expect(JSON.stringify(findings)).not.toMatch(/hT4k/);
  });

  test("one text is one finding, of the detector that knows it best", () => {
    expect(scan(`API_KEY="${secret}"`, "a.env").findings.map(({ rule }) => rule)).toEqual([
      "stripe-secret-key",
    ]);
  });

  test("two secrets on one line are two", () => {
    expect(scan(`["${secret}","${key("9xQ39HqLyjWDarjtT1zdp7aa")}"]`).findings).toHaveLength(2);
  });
});

describe("hostile input", () => {
  const megabyte = 1024 * 1024;
  // Work is what can be counted on a busy machine: the scan asks after every window whether time is up.
  const windowsOf = (text: string): number => {
    let count = 0;
    scanner.scan(bytes(text), { file: "a.env", salt: "s", isTimeUp: () => ++count < 0 });
    return count;
  };

  test.each([
    ["keywords only", "password"],
    ["assignments without end", "password="],
    ["prefixes without a token", "ghp_"],
    ["begins of keys", "-----BEGIN PRIVATE KEY-----"],
    ["open addresses", "postgres://a:"],
    ["beginnings of tokens", "eyJhbGciOiJIUzI1NiJ9."],
    ["secret kinds", "kind: secret\n"],
  ])("a megabyte of %s is looked at in windows of bounded number and size", (_, piece) => {
    const text = piece.repeat(Math.floor(megabyte / piece.length));
    expect(windowsOf(text)).toBeLessThan(8000 + text.split("\n").length);
  });

  test("when the time is up it stops, and says that it is not complete", () => {
    const result = scanner.scan(bytes(`"${secret}"`), { file: "a.ts", salt: "s", isTimeUp: () => true });
    expect(result).toMatchObject({ isComplete: false, findings: [] });
  });

  test("bytes that are no text do no harm", () => {
    const noise = Uint8Array.from({ length: 4096 }, (_, index) => (index * 7919) & 255);
    expect(scanner.scan(noise, { file: "x", salt: "s" }).findings).toEqual([]);
  });
});

describe("the index of keywords", () => {
  test("finds what indexOf finds, overlapping and in either case", () => {
    const keywords = ["abc", "bc", "cab", "b", "abcab"];
    const index = new KeywordIndex(keywords);
    const text = "xABCabcabCCab";
    const found: string[] = [];
    index.search(bytes(text), (keyword, start, end) => {
      expect(text.slice(start, end).toLowerCase()).toBe(keywords[keyword]);
      found.push(`${keyword}@${start}`);
    });
    const expected = keywords.flatMap((keyword, number) =>
      [...text]
        .map((_, at) => at)
        .filter((at) => text.toLowerCase().startsWith(keyword, at))
        .map((at) => `${number}@${at}`),
    );
    expect(found.sort()).toEqual(expected.sort());
  });
});

describe("stand-ins are no secrets", () => {
  test.each([
    `\${VAR}`,
    "$VAR",
    "{{ vault.password }}",
    "<your-password>",
    "xxxxxxxx",
    "********",
    "changeme",
    "example-key",
    "your_api_key_here",
    "process.env.KEY",
    "%(password)s",
    "aaaaaaaaaaaa",
    "op://vault/item/field",
  ])("%s", (value) => expect(isPlaceholder(value)).toBe(true));

  test.each(["hT4kB8mQz", "Tr0ub4dor&3", "c0rrect-h0rse-battery", "9f8a7c6b5d"])("but %s is none", (value) =>
    expect(isPlaceholder(value)).toBe(false),
  );
});

test("entropy is that of Shannon", () => {
  expect(entropy("")).toBe(0);
  expect(entropy("aaaa")).toBe(0);
  expect(entropy("abcd")).toBe(2);
  expect(entropy("aab")).toBeCloseTo(0.918, 3);
});
