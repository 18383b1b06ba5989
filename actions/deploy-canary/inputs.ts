import { defineInputs, flag, lines, text, workInputs } from "@sluice/runtime";

export const inputs = defineInputs({
  ...workInputs,
  version: text(),
  services: lines(),
  release: text(),
  "despite-alerts": flag(),
});
export const outputs = ["url", "services-deployed", "verdict"] as const;
