import { defineInputs, environmentInputs } from "@sluice/runtime";

export const inputs = defineInputs({ ...environmentInputs });
export const outputs = ["html", "json"] as const;
