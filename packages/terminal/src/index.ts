export { abortOnSignals } from "./cancel.ts";
export { evidenceBar, formatBounds, formatErrors, formatOutlook, formatSeconds } from "./evidence.ts";
export { liveLog, rolloutLines } from "./live.ts";
export { formatEvidence, formatProgress, type Log, plainLog, timestamp } from "./plain.ts";
