import { defineInputs, environmentInputs, lines, text } from "@sluice/runtime";

export const inputs = defineInputs({ ...environmentInputs, version: text(), services: lines() });
export const outputs = ["release", "artifacts"] as const;
