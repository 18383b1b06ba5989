import { Refusal } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { choice, defineInputs, flag, inputVariable, lines, readInputs, text } from "./inputs.ts";

const specs = defineInputs({
  environment: text({ required: true }),
  "config-directory": text({ default: ".deploy" }),
  services: lines(),
  diff: flag(),
  strategy: choice(["rolling", "canary"]),
});

test("the runner's variable keeps hyphens", () => {
  expect(inputVariable("config-directory")).toBe("INPUT_CONFIG-DIRECTORY");
});

describe("inputs", () => {
  test("are parsed once into typed values, with defaults where nothing was given", () => {
    const given = {
      INPUT_ENVIRONMENT: " staging ",
      INPUT_SERVICES: "orders, web\ncatalog\n",
      INPUT_DIFF: "True",
    };
    expect(readInputs(specs, given)).toEqual({
      environment: "staging",
      configDirectory: ".deploy",
      services: ["orders", "web", "catalog"],
      diff: true,
      strategy: "",
    });
  });

  test("that are wrong are all named, each with what to do", () => {
    const read = () => readInputs(specs, { INPUT_STRATEGY: "blue", INPUT_DIFF: "yes" });
    expect(read).toThrow(Refusal);
    try {
      read();
    } catch (error) {
      const messages = (error as Refusal).problems.map(({ message }) => message);
      expect(messages).toEqual([
        "The input `environment` is required and was not given.",
        "The input `diff` is `yes`; allowed are `true`, `false`.",
        "The input `strategy` is `blue`; allowed are `rolling`, `canary`.",
      ]);
      expect((error as Refusal).reasonCode).toBe("config.input-invalid");
    }
  });
});
