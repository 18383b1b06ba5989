export * from "./alerts.ts";
export * from "./exponential-histogram.ts";
export * from "./page-metrics.ts";
export * from "./prometheus-text.ts";
export * from "./text-format.ts";
