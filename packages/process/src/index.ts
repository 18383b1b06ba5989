export * from "./daemon.ts";
export * from "./end.ts";
export * from "./identity.ts";
export * from "./pid-file.ts";
export * from "./run.ts";
export * from "./supervised.ts";
export * from "./which.ts";
