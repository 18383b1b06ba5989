import { defineInputs, environmentInputs, flag, text } from "@sluice/runtime";

export const inputs = defineInputs({ ...environmentInputs, "migration-dir": text(), "dry-run": flag() });
export const outputs = ["applied", "schema-version"] as const;
