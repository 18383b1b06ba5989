import type { DetailsOf, EventOf, Problem, ReasonCode, Status } from "@sluice/documents";
import type { Clock, OnProgress } from "@sluice/ports";

/** What is said while it happens: the data of the events of the journal. */
export type MigrationEvent = {
  [K in "migration.backup" | "migration.applied" | "migration.failed"]: { type: K; data: EventOf<K>["data"] };
}["migration.backup" | "migration.applied" | "migration.failed"];

export interface MigrateOptions {
  /** `postgresql://user:password@host:port/name`; from the environment, never from an argument list. */
  url: string;
  /** Directory with `V<version>__<name>.sql`. */
  directory: string;
  /** Directory that shown paths are relative to; the working directory by default. */
  root?: string | undefined;
  /** Names the run in the history and in `pg_stat_activity`. */
  runId: string;
  clock: Clock;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
  /** Called for each event, before the next thing happens. */
  record?: ((event: MigrationEvent) => Promise<void>) | undefined;
  /** How long to wait for another run that holds the migration lock; 60 by default. */
  lockWaitSeconds?: number | undefined;
  /** How long one statement may wait for a table that somebody else holds; 5 by default. */
  lockTimeoutSeconds?: number | undefined;
  /** How often a file is tried that did not get a lock; 10 by default. */
  lockAttempts?: number | undefined;
  /** Wait before the second of these attempts, doubled each time; 1 by default. */
  retryDelaySeconds?: number | undefined;
  /** How long one statement may take; 300 by default. */
  statementTimeoutSeconds?: number | undefined;
  /** How long one concurrent index build may take; 3600 by default. */
  concurrentTimeoutSeconds?: number | undefined;
  /** Where to back up to before the first change; null for no backup. */
  backup: { directory: string; method?: "pg_dump" | "copy" } | null;
  /** Lists what is pending and changes nothing. */
  dryRun?: boolean | undefined;
}

export interface MigrateOutcome {
  status: Status;
  reasonCode: ReasonCode;
  /** One sentence for a person. */
  summary: string;
  problems: Problem[];
  details: DetailsOf<"migrate">;
}

/** The limits of a run, with what holds when the options do not say. */
export const limitsOf = (options: MigrateOptions) => ({
  lockWaitSeconds: options.lockWaitSeconds ?? 60,
  lockTimeoutSeconds: options.lockTimeoutSeconds ?? 5,
  lockAttempts: options.lockAttempts ?? 10,
  retryDelaySeconds: options.retryDelaySeconds ?? 1,
  statementTimeoutSeconds: options.statementTimeoutSeconds ?? 300,
  concurrentTimeoutSeconds: options.concurrentTimeoutSeconds ?? 3600,
});
export type Limits = ReturnType<typeof limitsOf>;
