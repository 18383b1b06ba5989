import { defineInputs, environmentInputs, lines, secretVariables, text } from "@sluice/runtime";

export const inputs = defineInputs({
  ...environmentInputs,
  secrets: secretVariables(),
  version: text(),
  services: lines(),
});
export const outputs = ["checks-passed", "checks-failed"] as const;
