import { defineInputs, environmentInputs, lines, text } from "@sluice/runtime";

export const inputs = defineInputs({
  ...environmentInputs,
  version: text(),
  services: lines(),
  release: text(),
});
export const outputs = ["url", "services-deployed", "verdict"] as const;
