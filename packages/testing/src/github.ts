export { GitObjects } from "./github/git-objects.ts";
export { type FakeGitHub, type Fault, type RecordedRequest, startFakeGitHub } from "./github/github-api.ts";
export type { Deployment, DeploymentStatus, Repository } from "./github/routes.ts";
