export type * from "./clock.ts";
export type * from "./journal-store.ts";
export * from "./metric-source.ts";
export type * from "./progress.ts";
export type * from "./routing.ts";
export type * from "./target.ts";
export type * from "./traffic-router.ts";
