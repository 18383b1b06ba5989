import { choice, defineInputs, flag, lines, text, workInputs } from "@sluice/runtime";

export const inputs = defineInputs({
  ...workInputs,
  version: text(),
  services: lines(),
  release: text(),
  strategy: choice(["recreate", "rolling", "bluegreen", "canary", "auto"]),
  labels: lines(),
  "despite-alerts": flag(),
});
export const outputs = ["url", "services-deployed"] as const;
