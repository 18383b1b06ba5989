export { lineHashes } from "./line-hash.ts";
export { bySeverity, relativeUri, type SarifInput, type SarifOptions, sarifLog } from "./sarif.ts";
