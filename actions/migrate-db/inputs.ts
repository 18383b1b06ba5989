import { defineInputs, flag, text, workInputs } from "@sluice/runtime";

export const inputs = defineInputs({
  ...workInputs,
  "migration-dir": text(),
  "dry-run": flag(),
});
export const outputs = ["applied", "schema-version"] as const;
