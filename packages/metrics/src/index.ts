export * from "./prometheus-text.ts";
export * from "./text-format.ts";
