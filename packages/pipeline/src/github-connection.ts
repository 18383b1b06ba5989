import { Refusal } from "@sluice/documents";
import type { Connection } from "@sluice/github";
import type { Clock } from "@sluice/ports";

/** Who speaks to GitHub, and from where. */
export interface GitHubAccess {
  /** Empty when none was given. */
  githubToken: string;
  variables: NodeJS.ProcessEnv;
  clock: Clock;
  /** Ends when the run is cancelled; from then on nobody waits for GitHub to come back. */
  signal: AbortSignal;
}

/**
 * The repository that this run belongs to, as a job has it in GITHUB_REPOSITORY and GITHUB_API_URL.
 *
 * @param what what it is wanted for, as in "the journal on a branch"
 * @throws Refusal `config.input-invalid` that says what is missing and where it comes from
 */
export function connectionTo(
  { githubToken, variables, clock, signal }: GitHubAccess,
  what: string,
): Connection {
  const { GITHUB_REPOSITORY = "", GITHUB_API_URL } = variables;
  if (githubToken === "")
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: `There is no token for GitHub, which is needed for ${what}.`,
      remedy:
        "In a workflow, leave the input `github-token` as it is or pass a token. On a command line, set GITHUB_TOKEN, " +
        "for example to the output of `gh auth token`.",
    });
  const [, owner, repo] = /^([^/\s]+)\/([^/\s]+)$/.exec(GITHUB_REPOSITORY) ?? [];
  if (!owner || !repo)
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: `GITHUB_REPOSITORY is \`${GITHUB_REPOSITORY}\`; it names the repository that is needed for ${what}.`,
      remedy: "A job on GitHub has it. On a command line, set GITHUB_REPOSITORY to `owner/name`.",
    });
  const baseUrl = GITHUB_API_URL ? { baseUrl: GITHUB_API_URL } : {};
  return { token: githubToken, owner, repo, ...baseUrl, clock, hurry: signal };
}
