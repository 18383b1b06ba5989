import type { GitObjects } from "./git-objects.ts";

export interface Deployment {
  id: number;
  sha: string;
  ref: string;
  task: string;
  environment: string;
  description: string | null;
  payload: unknown;
  production_environment: boolean;
  transient_environment: boolean;
  created_at: string;
  statuses: DeploymentStatus[];
}

export interface DeploymentStatus {
  id: number;
  state: string;
  description: string;
  environment: string;
  environment_url: string;
  log_url: string;
  created_at: string;
}

export interface Comment {
  id: number;
  issue: number;
  body: string;
}

/** Everything that the fake remembers about its one repository. */
export interface Repository {
  owner: string;
  repo: string;
  git: GitObjects;
  deployments: Deployment[];
  comments: Comment[];
}

export interface Call {
  method: string;
  /** Path without the query, decoded. */
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Record<string, unknown>;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a Buffer as it is. */
  body?: unknown;
}

export type Handler = (call: Call, match: Record<string, string>, repository: Repository) => Answer;
/** `:name` matches one segment, `*name` the rest of the path. */
export type Route = readonly [method: string, pattern: string, handler: Handler];

export const problem = (status: number, message: string): Answer => ({
  status,
  body: { message, documentation_url: "https://docs.github.com/rest", status: String(status) },
});

export const notFound = (): Answer => problem(404, "Not Found");

/** Takes the parameters of a pattern out of a path, or null when it does not match. */
export function matchPath(pattern: string, path: string): Record<string, string> | null {
  const names: string[] = [];
  const source = pattern
    .replace(/[.]/g, "\\.")
    .replace(/([:*])([a-z]+)/g, (_, kind: string, name: string) => {
      names.push(name);
      return kind === ":" ? "([^/]+)" : "(.+)";
    });
  const found = new RegExp(`^${source}$`).exec(path);
  return found ? Object.fromEntries(names.map((name, index) => [name, found[index + 1]!])) : null;
}
