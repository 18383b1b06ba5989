export * from "./headline.ts";
export { toHtml } from "./html/page.ts";
export * from "./measures.ts";
export * from "./redact.ts";
export * from "./report.ts";
export { sayEvent } from "./say-event.ts";
export { toSvg } from "./svg/rollout-chart.ts";
