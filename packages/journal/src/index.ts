export * from "./figures.ts";
export { isMeasurement, type MeasurementKind, measurements } from "./held-back.ts";
export * from "./journal.ts";
export * from "./lock.ts";
export * from "./lock-refusal.ts";
export * from "./rechecks.ts";
export * from "./recorded-rollouts.ts";
export * from "./runs.ts";
