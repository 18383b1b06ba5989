import { defineInputs, environmentInputs, lines, secretVariables } from "@sluice/runtime";

export const inputs = defineInputs({
  ...environmentInputs,
  secrets: secretVariables(),
  services: lines(),
});
export const outputs = [] as const;
