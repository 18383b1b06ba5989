export type { FailureCause, VersionCounts } from "./host/counters.ts";
export * from "./local-target.ts";
export * from "./paths.ts";
export * from "./status.ts";
export * from "./stop.ts";
