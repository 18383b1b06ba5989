import { defineInputs, environmentInputs, flag, lines, text } from "@sluice/runtime";

export const inputs = defineInputs({
  ...environmentInputs,
  version: text(),
  services: lines(),
  labels: lines(),
  diff: flag(),
});
export const outputs = ["plan-hash", "plan", "environment", "deploys"] as const;
