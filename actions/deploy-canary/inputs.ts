import { defineInputs, environmentInputs, lines, secretVariables, text } from "@sluice/runtime";

export const inputs = defineInputs({
  ...environmentInputs,
  secrets: secretVariables(),
  version: text(),
  services: lines(),
  release: text(),
});
export const outputs = ["url", "services-deployed", "verdict"] as const;
