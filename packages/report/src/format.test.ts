import { expect, test } from "vitest";
import { percent } from "./format.ts";

test.each([
  [0, "0 %"],
  [0.00046, "< 0.001 %"],
  [0.0005, "0.001 %"],
  [0.42, "0.42 %"],
  [12.34, "12.3 %"],
  [100, "100 %"],
  [null, "–"],
])("%s percent are `%s`", (value, words) => expect(percent(value)).toBe(words));
