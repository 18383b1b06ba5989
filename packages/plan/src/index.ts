export * from "./detection.ts";
export * from "./diff.ts";
export { formatPlan } from "./format.ts";
export type * from "./input.ts";
export { planMermaid } from "./mermaid.ts";
export * from "./plan.ts";
export * from "./shared-steps.ts";
export * from "./strategy.ts";
