import { defineInputs, lines, text, workInputs } from "@sluice/runtime";

export const inputs = defineInputs({
  ...workInputs,
  version: text(),
  services: lines(),
  release: text(),
});
export const outputs = ["url", "services-deployed", "verdict"] as const;
