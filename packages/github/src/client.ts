import { type Patience, retrying } from "./retry.ts";

/** Which repository is spoken to, and how. */
export interface Connection extends Patience {
  token: string;
  owner: string;
  repo: string;
  /** Base URL of the REST API; `GITHUB_API_URL` of the runner, or github.com when that is not set. */
  baseUrl?: string;
}

type Octokit = ReturnType<typeof import("@actions/github")["getOctokit"]>;

/** A repository, and the client that is signed in to it. */
export interface Client {
  readonly rest: Octokit["rest"];
  readonly request: Octokit["request"];
  readonly repository: { readonly owner: string; readonly repo: string };
}

/**
 * Opens the client. The library is loaded here and nowhere else, so that only those who speak to GitHub pay
 * for it; it is `@actions/github` because that one knows the proxy settings of self-hosted runners.
 */
export async function connect(connection: Connection): Promise<Client> {
  const { token, owner, repo, baseUrl, signal } = connection;
  const { getOctokit } = await import("@actions/github");
  const octokit = getOctokit(token, {
    userAgent: "sluice",
    ...(baseUrl ? { baseUrl } : {}),
    // What Octokit would print about deprecated calls is for its callers, not for users.
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  octokit.hook.wrap("request", (send, options) => {
    const attempt = () => send({ ...options, request: { ...options.request, signal } });
    return options.request?.once ? attempt() : retrying(attempt, connection);
  });
  return { rest: octokit.rest, request: octokit.request, repository: { owner, repo } };
}

/** For a call that must not be made twice blindly: `{ request: once }` keeps it from being repeated. */
export const once = { once: true } as const;

const quiet = () => {};
