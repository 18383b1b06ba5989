export { archiveDirectory } from "./archive.ts";
export { type BuildOutcome, build } from "./build.ts";
export { type Commit, commitOf } from "./commit.ts";
export type { BuildRequest, CommandLine, ServiceToBuild } from "./request.ts";
export { sanitizeTag } from "./tags.ts";
