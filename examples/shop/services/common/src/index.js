export { createLogger } from "./logger.js";
export { createMetrics } from "./metrics.js";
export { createService, HttpError } from "./service.js";
export { start } from "./start.js";
