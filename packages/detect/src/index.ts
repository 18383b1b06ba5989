export type { Candidate, Detector } from "./detector.ts";
export { detectors } from "./detectors/index.ts";
export * from "./ignore-list.ts";
export { type ScanOptions, type SecretFinding, type SecretScan, SecretScanner } from "./scanner.ts";
