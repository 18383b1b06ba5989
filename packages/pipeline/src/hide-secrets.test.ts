import { expect, test } from "vitest";
import { hideSecrets } from "./hide-secrets.ts";

test("secrets are taken out of sentences, wherever they stand", () => {
  const problem = { message: "login as hunter22 failed", location: { file: "a.js", line: 3 } };
  const result = hideSecrets({ summary: "no hunter22", problems: [problem] }, ["hunter22"]);
  expect(result).toEqual({
    summary: "no ***",
    problems: [{ message: "login as *** failed", location: { file: "a.js", line: 3 } }],
  });
});

test("a password that is an ordinary word does not change what programs compare", () => {
  const result = { status: "failed", environment: "test", message: "test failed for test" };
  expect(hideSecrets(result, ["test", "failed"])).toEqual({ ...result, message: "*** *** for ***" });
});

test("the password of an address is hidden although nobody declared it", () => {
  expect(hideSecrets({ text: "at postgres://app:s3cr3t@db/shop" }, [])).toEqual({
    text: "at postgres://app:***@db/shop",
  });
});

test("numbers, dates and absent values stay what they are", () => {
  const document = { sequence: 4, at: null, data: { weights: { "1.0.0": 95 }, isReady: true } };
  expect(hideSecrets(document, ["1.0.0"])).toEqual(document);
});
