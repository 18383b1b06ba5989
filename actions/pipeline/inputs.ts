import { defineInputs, environmentInputs, lines, text } from "@sluice/runtime";

export const inputs = defineInputs({
  ...environmentInputs,
  version: text(),
  services: lines(),
  stages: lines(),
  base: text(),
});
export const outputs = ["plan-hash", "html", "url"] as const;
