import { defineInputs, environmentInputs, lines, text } from "@sluice/runtime";

export const inputs = defineInputs({
  ...environmentInputs,
  to: text(),
  from: text(),
  services: lines(),
  reason: text({ default: "manual decision" }),
});
export const outputs = ["rolled-back-to"] as const;
