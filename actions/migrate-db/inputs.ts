import { defineInputs, environmentInputs, flag, secretVariables, text } from "@sluice/runtime";

export const inputs = defineInputs({
  ...environmentInputs,
  secrets: secretVariables(),
  "migration-dir": text(),
  "dry-run": flag(),
});
export const outputs = ["applied", "schema-version"] as const;
