import { defineInputs, flag, lines, text, workInputs } from "@sluice/runtime";

export const inputs = defineInputs({
  ...workInputs,
  to: text(),
  from: text(),
  services: lines(),
  reason: text({ default: "manual decision" }),
  "accept-contract": flag(),
});
export const outputs = ["rolled-back-to"] as const;
