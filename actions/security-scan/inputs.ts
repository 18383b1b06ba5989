import { defineInputs, environmentInputs, lines, text } from "@sluice/runtime";

export const inputs = defineInputs({ ...environmentInputs, only: lines(), base: text() });
export const outputs = ["outcome", "sarif"] as const;
