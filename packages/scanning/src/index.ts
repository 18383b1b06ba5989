export type { OsvSource } from "./dependencies/source.ts";
export { isAtLeast, overallOutcome, scannerOutcome, statusOf } from "./outcome.ts";
export { type ScannerName, type ScanRequest, type ScanResult, scannerNames } from "./request.ts";
export { scan } from "./scan.ts";
