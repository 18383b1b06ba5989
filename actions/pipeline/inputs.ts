import { defineInputs, flag, lines, text, workInputs } from "@sluice/runtime";

export const inputs = defineInputs({
  ...workInputs,
  version: text(),
  services: lines(),
  stages: lines(),
  labels: lines(),
  "despite-alerts": flag(),
  base: text(),
  "record-deployment": flag(),
});
export const outputs = ["plan-hash", "html", "url"] as const;
