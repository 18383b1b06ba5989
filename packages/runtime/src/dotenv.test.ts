import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dotenvSecrets, readDotenv } from "./dotenv.ts";

describe("lines NAME=value", () => {
  test.each([
    ["A=b", { A: "b" }],
    ["  export A = b c  ", { A: "b c" }],
    ["# a comment\n\nA=b\r\nB=c", { A: "b", B: "c" }],
    ["A=pa#ss = word # still", { A: "pa#ss = word # still" }],
    ['A="one\\ntwo \\"three\\" \\\\ four"', { A: 'one\ntwo "three" \\ four' }],
    ["A='one\\ntwo \"three\"'", { A: 'one\\ntwo "three"' }],
    ["A=", { A: "" }],
    ["A=1\nA=2", { A: "2" }],
    ["A=it's", { A: "it's" }],
  ])("%j", (text, variables) => {
    expect(readDotenv(text)).toEqual({ variables, unreadable: [] });
  });

  test.each(["\u2028", "\u2029", "\u0085"])("%j does not end a line", (mark) => {
    expect(readDotenv(`A=a${mark}b\nB="a${mark}b\\${mark}"`).variables).toEqual({
      A: `a${mark}b`,
      B: `a${mark}b${mark}`,
    });
  });

  test.each(["hunter2", "1A=b", "A-B=c", "=b", 'A="open', "A='open", 'A="b" c', 'A="b\\"'])(
    "that cannot be read are counted: %s",
    (line) => {
      expect(readDotenv(`X=y\n${line}\n`)).toEqual({ variables: { X: "y" }, unreadable: [2] });
    },
  );

  test("any value comes back out of double quotes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const written = value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
        expect(readDotenv(`A="${written}"`).variables.A).toBe(value);
      }),
      { numRuns: 50 },
    );
  });
});

test("what is secret is each value, as it is and as it is written, and a line that cannot be read", () => {
  const secrets = dotenvSecrets('# one\nA=b1\nB="c\\nd"\nhunter2\nC="open');
  expect(secrets).toEqual(expect.arrayContaining(["b1", "c\nd", '"c\\nd"', "c\\nd", "hunter2", "open"]));
});

test("the words of a comment are no secret, what it sets is", () => {
  expect(dotenvSecrets("# shop\n#A='old'\n")).toEqual(["'old'", "old"]);
});
