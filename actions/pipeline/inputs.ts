import { defineInputs, environmentInputs, flag, lines, secretVariables, text } from "@sluice/runtime";

export const inputs = defineInputs({
  ...environmentInputs,
  secrets: secretVariables(),
  version: text(),
  services: lines(),
  stages: lines(),
  base: text(),
  "record-deployment": flag(),
});
export const outputs = ["plan-hash", "html", "url"] as const;
