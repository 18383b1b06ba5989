import { defineInputs, lines, text, workInputs } from "@sluice/runtime";

export const inputs = defineInputs({
  ...workInputs,
  version: text(),
  services: lines(),
});
export const outputs = ["checks-passed", "checks-failed"] as const;
