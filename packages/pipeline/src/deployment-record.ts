import type { Status } from "@sluice/documents";
import type { DeploymentRecords } from "@sluice/github";
import type { Context } from "./context.ts";
import { connectionTo } from "./github-connection.ts";
import { hideSecrets } from "./hide-secrets.ts";

/** What is deployed, as far as GitHub shows it. */
export interface Deployed {
  version: string;
  /** Commit, branch or tag; without one there is nothing to record. */
  ref: string | undefined;
  planHash: string;
}

/** The record of one deployment at GitHub. Trouble with it is a warning: what is recorded matters more than the record. */
export interface DeploymentRecord {
  /** The deployment begins. */
  begin(): Promise<void>;
  /** The run is over: what became of the deployment, also of one that was taken back. Nothing when none began. */
  end(outcome: { status: Status; summary: string; url: string }): Promise<void>;
}

export const noRecord: DeploymentRecord = { begin: async () => {}, end: async () => {} };

/** How long a call may wait for GitHub to come back: nobody wants to wait for the record of a deployment. */
const patienceSeconds = 10;

/** Records a deployment with the permission `deployments: write`. A job that is run again continues its record. */
export function recordAtGitHub(context: Context, { version, ref, planHash }: Deployed): DeploymentRecord {
  const { variables, environment, run, signal } = context;
  const name = environment.environment;
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = variables;
  const logUrl =
    GITHUB_SERVER_URL && GITHUB_REPOSITORY && GITHUB_RUN_ID
      ? `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`
      : undefined;
  let id: number | undefined;

  const records = async (stopped?: AbortSignal): Promise<DeploymentRecords> => {
    const connection = connectionTo(context, "the record of deployments");
    const { deploymentRecords } = await import("@sluice/github");
    return deploymentRecords({ ...connection, patienceSeconds, ...(stopped ? { signal: stopped } : {}) });
  };
  const orWarn = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const text = `GitHub does not show this deployment as it is. ${error instanceof Error ? error.message : error}`;
      context.onProgress({ type: "warning", text });
    }
  };

  return {
    begin: () =>
      orWarn(async () => {
        if (!ref) throw new Error("There is no commit to record.");
        const github = await records(signal);
        const key = [GITHUB_RUN_ID ?? run, name, version].join("/");
        id = await github.create({ key, environment: name, version, ref, planHash });
        await github.update(id, { state: "in_progress", logUrl });
      }),
    end: ({ status, summary, url }) =>
      orWarn(async () => {
        if (id === undefined) return;
        const { deploymentStates } = await import("@sluice/github");
        // How a cancelled run ended is worth knowing too.
        const github = await records();
        await github.update(id, {
          state: deploymentStates[status],
          description: hideSecrets(summary, context.secrets),
          environmentUrl: url || undefined,
          logUrl,
        });
      }),
  };
}
