export { abortOnSignals } from "./cancel.ts";
export { liveLog } from "./live.ts";
export { formatProgress, type Log, plainLog, timestamp } from "./plain.ts";
