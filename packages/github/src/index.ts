export { type BranchJournalOptions, branchJournalStore } from "./branch-journal-store.ts";
export type { Connection } from "./client.ts";
export {
  type DeploymentRecords,
  type DeploymentState,
  type DeploymentUpdate,
  deploymentRecords,
  deploymentStates,
  type NewDeployment,
} from "./deployments.ts";
