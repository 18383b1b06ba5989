import { defineInputs, lines, workInputs } from "@sluice/runtime";

export const inputs = defineInputs({
  ...workInputs,
  services: lines(),
});
export const outputs = [] as const;
