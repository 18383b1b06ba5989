import { localOwner } from "@sluice/store";

export interface RunIdentity {
  /** One run is one call of the pipeline or of one action; steps of one job of GitHub share it. */
  readonly run: string;
  /** Who holds locks: a person and a process, or a job with its address. */
  readonly owner: string;
  readonly actor: string | undefined;
}

/** Names the run after the job of GitHub that it is part of, or after its process. */
export function identifyRun(variables: NodeJS.ProcessEnv, now: number): RunIdentity {
  const {
    GITHUB_ACTIONS,
    GITHUB_RUN_ID,
    GITHUB_RUN_ATTEMPT,
    GITHUB_REPOSITORY,
    GITHUB_SERVER_URL,
    GITHUB_ACTOR,
  } = variables;
  const local = localOwner();
  if (GITHUB_ACTIONS !== "true" || !GITHUB_RUN_ID) {
    const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
    return { run: `${time}-${process.pid}`, owner: local, actor: variables.USER || variables.LOGNAME };
  }
  return {
    run: `github-${GITHUB_RUN_ID}-${GITHUB_RUN_ATTEMPT ?? "1"}`,
    owner: `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}, ${local}`,
    actor: GITHUB_ACTOR,
  };
}
