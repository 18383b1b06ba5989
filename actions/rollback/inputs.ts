import { defineInputs, environmentInputs, lines, secretVariables, text } from "@sluice/runtime";

export const inputs = defineInputs({
  ...environmentInputs,
  secrets: secretVariables(),
  to: text(),
  from: text(),
  services: lines(),
  reason: text({ default: "manual decision" }),
});
export const outputs = ["rolled-back-to"] as const;
