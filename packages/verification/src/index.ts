export { urlVariables } from "./beside.ts";
export {
  defaultHealthCheck,
  type HealthCheck,
  type MetricsSample,
  type ScriptCheck,
  type ServiceToVerify,
  type SmokeRequest,
  type VerifyRequest,
} from "./request.ts";
export { type VerifyOutcome, verify } from "./verify.ts";
export { versionHeader, versionMetric } from "./version.ts";
