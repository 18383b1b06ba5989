import { choice, defineInputs, lines, text, workInputs } from "@sluice/runtime";

export const inputs = defineInputs({
  ...workInputs,
  version: text(),
  services: lines(),
  release: text(),
  strategy: choice(["recreate", "rolling", "bluegreen", "canary", "auto"]),
});
export const outputs = ["url", "services-deployed"] as const;
