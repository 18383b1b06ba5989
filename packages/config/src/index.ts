export * from "./condition.ts";
export * from "./presets.ts";
export * from "./schema/canary.ts";
export * from "./schema/environment.ts";
export * from "./schema/health-check.ts";
export * from "./schema/project.ts";
export * from "./tags.ts";
export * from "./units.ts";
