import type { Check } from "@sluice/documents";
import type { Clock, OnProgress } from "@sluice/ports";

export interface HealthCheck {
  path: string;
  /** Wait before the first attempt at a service that has just been started. */
  initialDelaySeconds: number;
  timeoutSeconds: number;
  /** Wait between two attempts. */
  delaySeconds: number;
  /** Attempts at a service that was not ready before; the first good one ends them. */
  retries: number;
  /** Attempts in a row that must fail until a service that was ready counts as unhealthy. */
  failureThreshold: number;
}

export const defaultHealthCheck: HealthCheck = {
  path: "/health",
  initialDelaySeconds: 0,
  timeoutSeconds: 5,
  delaySeconds: 5,
  retries: 10,
  failureThreshold: 3,
};

/** One request and what its answer must be. Redirects are answers: they are not followed. */
export interface SmokeRequest {
  /** What the check shows: "place an order". */
  name: string;
  method?: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** A text as it is, anything else as JSON. */
  body?: unknown;
  /** 200 by default. */
  status?: number;
  /** Text that the body must contain. */
  contains?: string;
  /** Values in a JSON body, by path: `items.0.name`, also `$.items[0].name`. */
  json?: Readonly<Record<string, unknown>>;
  /** Headers that the answer must have, by name. */
  answerHeaders?: Readonly<Record<string, string>>;
  /** The longest that the whole answer may take. */
  maxLatencyMilliseconds?: number;
  /** 10 by default. */
  timeoutSeconds?: number;
}

export interface ServiceToVerify {
  name: string;
  /** Base URL; null when the environment has none for it. */
  url: string | null;
  /** null: any version is right. */
  expectedVersion: string | null;
  /** What is not said is as in `defaultHealthCheck`. */
  healthCheck?: Partial<HealthCheck>;
  /** It was ready before: no initial delay, and `failureThreshold` instead of `retries`. */
  wasReady?: boolean;
  /** Requests to this service, in order. */
  smoke?: readonly SmokeRequest[];
}

/** A check of the project's own: exit status 0 is good. */
export interface ScriptCheck {
  name: string;
  /** A program with its arguments, or a script for the shell. */
  command: string | readonly string[];
  cwd: string;
  /** Beside it, the script gets `<SERVICE>_URL` for each service: `ORDERS_URL`. */
  env?: NodeJS.ProcessEnv;
  timeoutSeconds?: number;
}

/** One sample of a metrics page: all that is asked of it here. */
export interface MetricsSample {
  name: string;
  labels: Readonly<Record<string, string>>;
}

export interface VerifyRequest {
  services: readonly ServiceToVerify[];
  /** Requests to the system as a whole, in order, after every service was found healthy. */
  smoke?: readonly (SmokeRequest & { service: string })[];
  /**
   * How a metrics page is read, so that `/metrics` of each service can be held to be readable and to name its version in
   * `deployment_version`; it throws when it cannot read it. null: metrics are not asked for.
   */
  readMetrics: ((page: string) => readonly MetricsSample[]) | null;
  /** Answers when the database can be reached, perhaps with a word about it; rejects otherwise. */
  database?: (signal: AbortSignal) => Promise<string | undefined>;
  scripts?: readonly ScriptCheck[];
  clock: Clock;
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** Called with each check that ran, as soon as it is decided. */
  record?: (check: Check) => Promise<void> | void;
}
