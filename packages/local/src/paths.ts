import { join } from "node:path";

/** Where the local target keeps one environment; everything of it lives below `root`. */
export interface EnvironmentPaths {
  root: string;
  /** What should run; written atomically before every side effect. */
  state: string;
  /** Held by the one host that supervises this environment. */
  lock: string;
  /** How the running host is reached. Mode 0600: it holds the token of the control API. */
  host: string;
  hostLog: string;
  /** A file for each host that was started and has not come up yet; without its file it does not come up. */
  starts: string;
  /** Pid files of replicas. */
  replicas: string;
  /** Output of replicas. */
  logs: string;
  /** Unpacked artifacts, one directory for each digest. */
  artifacts: string;
}

export function environmentPaths(stateDirectory: string, environment: string): EnvironmentPaths {
  return pathsIn(join(stateDirectory, environment, "local"));
}

export function pathsIn(root: string): EnvironmentPaths {
  return {
    root,
    state: join(root, "state.json"),
    lock: join(root, "host.lock"),
    host: join(root, "host.json"),
    hostLog: join(root, "host.log"),
    starts: join(root, "starts"),
    replicas: join(root, "replicas"),
    logs: join(root, "logs"),
    artifacts: join(root, "artifacts"),
  };
}
