import type { Status } from "@sluice/documents";
import { type Client, type Connection, connect, once } from "./client.ts";
import { refusalOf } from "./refusals.ts";
import { retrying } from "./retry.ts";

const TASK = "deploy";

/** States of a GitHub deployment, as the REST API names them. */
export type DeploymentState =
  | "error"
  | "failure"
  | "inactive"
  | "in_progress"
  | "queued"
  | "pending"
  | "success";

export interface NewDeployment {
  /** Identifies the attempt over repeated runs, such as `<run id>/<environment>/<version>`. */
  key: string;
  environment: string;
  version: string;
  /** Commit, branch or tag that is deployed. */
  ref: string;
  description?: string;
  isProduction?: boolean;
  planHash?: string;
}

export interface DeploymentUpdate {
  state: DeploymentState;
  /** One sentence; GitHub takes 140 characters, what is longer is shortened. */
  description?: string;
  environmentUrl?: string;
  logUrl?: string;
}

/**
 * The state that tells the truth about a status. GitHub has no word for cancelled, held or inconclusive:
 * a cancelled run is an `error`, since nobody can say from it that the release is good; what waits for a
 * decision is `pending`.
 */
export const deploymentStates: Readonly<Record<Status, DeploymentState>> = {
  succeeded: "success",
  failed: "failure",
  skipped: "inactive",
  cancelled: "error",
  held: "pending",
  inconclusive: "pending",
  rolled_back: "failure",
  rollback_failed: "error",
};

/** The record of deployments that GitHub shows on the repository and on pull requests. */
export interface DeploymentRecords {
  /**
   * Creates the deployment, or finds the one that an earlier attempt with the same `key` created.
   *
   * @returns its number at GitHub
   */
  create(deployment: NewDeployment): Promise<number>;
  update(id: number, update: DeploymentUpdate): Promise<void>;
}

export function deploymentRecords(connection: Connection): DeploymentRecords {
  const opened = () => connect(connection);
  return {
    create: async (deployment) => {
      const client = await opened();
      try {
        // A creation whose answer was lost has happened; so each attempt looks before it creates.
        return await retrying(
          async () => (await findByKey(client, deployment)) ?? (await create(client, deployment)),
          connection,
        );
      } catch (error) {
        throw refusalOf(error, {
          reasonCode: "run.github-failed",
          what: `record the deployment to ${deployment.environment}`,
          permission: "deployments: write",
        });
      }
    },
    update: async (id, update) => {
      const { rest, repository } = await opened();
      try {
        await rest.repos.createDeploymentStatus({
          ...repository,
          deployment_id: id,
          state: update.state,
          ...(update.description ? { description: shorten(update.description) } : {}),
          ...(update.environmentUrl ? { environment_url: update.environmentUrl } : {}),
          ...(update.logUrl ? { log_url: update.logUrl } : {}),
        });
      } catch (error) {
        throw refusalOf(error, {
          reasonCode: "run.github-failed",
          what: `set the status of deployment ${id}`,
          permission: "deployments: write",
        });
      }
    },
  };
}

async function findByKey({ rest, repository }: Client, { environment, key }: NewDeployment) {
  const newest = await rest.repos.listDeployments({
    ...repository,
    environment,
    task: TASK,
    per_page: 100,
    request: once,
  });
  return newest.data.find((candidate) => keyOf(candidate.payload) === key)?.id;
}

async function create({ rest, repository }: Client, deployment: NewDeployment): Promise<number> {
  const { key, environment, ref, version, planHash } = deployment;
  const made = await rest.repos.createDeployment({
    ...repository,
    ref,
    task: TASK,
    environment,
    description: shorten(deployment.description ?? `${version} to ${environment}`),
    payload: { key, version, ...(planHash ? { plan_hash: planHash } : {}) },
    production_environment: deployment.isProduction ?? environment === "production",
    // Checks are gates of the pipeline, which has passed them; GitHub must not merge on its own.
    auto_merge: false,
    required_contexts: [],
    request: once,
  });
  if ("id" in made.data) return made.data.id;
  throw new Error("GitHub merged a branch instead of creating a deployment");
}

function keyOf(payload: unknown): unknown {
  const value: unknown =
    typeof payload === "string" && payload.startsWith("{") ? JSON.parse(payload) : payload;
  return typeof value === "object" && value !== null ? (value as { key?: unknown }).key : undefined;
}

const shorten = (text: string): string => (text.length > 140 ? `${text.slice(0, 139)}…` : text);
