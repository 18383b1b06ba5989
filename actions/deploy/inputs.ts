import { choice, defineInputs, environmentInputs, lines, secretVariables, text } from "@sluice/runtime";

export const inputs = defineInputs({
  ...environmentInputs,
  secrets: secretVariables(),
  version: text(),
  services: lines(),
  release: text(),
  strategy: choice(["recreate", "rolling", "bluegreen", "canary", "auto"]),
});
export const outputs = ["url", "services-deployed"] as const;
