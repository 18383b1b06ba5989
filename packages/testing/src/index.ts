export * from "./clock.ts";
export * from "./memory-environment.ts";
export * from "./memory-ports.ts";
export * from "./memory-traffic.ts";
export * from "./random.ts";
export * from "./version-spec.ts";
