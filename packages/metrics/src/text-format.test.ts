import { expect, test } from "vitest";
import { parseTextFormat } from "./text-format.ts";

const one = (line: string) => {
  const [sample] = parseTextFormat(line);
  return [sample!.name, sample!.labels, sample!.value];
};

test.each([
  ["up 1", ["up", {}, 1]],
  ["  up\t 1  ", ["up", {}, 1]],
  ["up{} 1 1395066363000", ["up", {}, 1]],
  ['a:b_c{x="1",y="2",} 1.5e3 -3982045', ["a:b_c", { x: "1", y: "2" }, 1500]],
  ['a { x = "1" , y = "2" } 3', ["a", { x: "1", y: "2" }, 3]],
  [String.raw`a{path="C:\\d\n\"q\"",b="}"} 0`, ["a", { path: 'C:\\d\n"q"', b: "}" }, 0]],
  ['a{le="+Inf"} +Inf', ["a", { le: "+Inf" }, Number.POSITIVE_INFINITY]],
  ["a -Inf", ["a", {}, Number.NEGATIVE_INFINITY]],
  ["a NaN", ["a", {}, Number.NaN]],
  ['a_bucket{le="1"} 2 # {trace_id="x"} 0.67 1520879607.789', ["a_bucket", { le: "1" }, 2]],
  ['{"http.requests", "my label"="ü"} 4', ["http.requests", { "my label": "ü" }, 4]],
])("%s", (line, expected) => {
  expect(one(line)).toEqual(expected);
});

test("comments, empty lines and Windows line ends are left out", () => {
  expect(parseTextFormat("# HELP a b\r\n\r\n# TYPE a counter\r\na 1\r\n# EOF\r\n")).toEqual([
    { name: "a", labels: {}, value: 1 },
  ]);
});

test.each(["<html>", "a", 'a{x="1" 2', "a{x=1} 2", 'a{x="1"y="2"} 2', "a b", "{} 1", "1a 1"])(
  "%s is refused with its line",
  (line) => {
    expect(() => parseTextFormat(`ok 1\n${line}`)).toThrow(/^line 2: /);
  },
);
