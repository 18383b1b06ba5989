export * from "./figures.ts";
export * from "./journal.ts";
export * from "./lock.ts";
export * from "./lock-refusal.ts";
export * from "./runs.ts";
