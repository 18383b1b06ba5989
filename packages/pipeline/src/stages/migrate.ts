import { join, resolve } from "node:path";
import { migrate } from "@sluice/database";
import { Refusal, type Result } from "@sluice/documents";
import type { Context } from "../context.ts";
import { withLock } from "../lock.ts";
import { patienceOf } from "../newer-release.ts";
import { runStage } from "../stage.ts";

export interface MigrateRequest {
  /** Folder of the migrations, relative to the project; the configured one when it is left out. */
  directory?: string;
  dryRun?: boolean;
}

/** Brings the database of the environment to the newest migration. A project without one is skipped. */
export function migrateStage(context: Context, request: MigrateRequest): Promise<Result> {
  const { journal, environment } = context;
  return runStage(context, "migrate", undefined, async () => {
    const { database } = context.project;
    if (!database)
      return {
        status: "skipped",
        reasonCode: "migrate.none",
        summary: "The project has no database.",
        details: null,
      };
    const options = {
      url: urlOf(context, database.urlVariable),
      directory: join(context.directory, request.directory || database.migrations),
      root: context.directory,
      runId: `${environment.environment}/${context.run}`,
      clock: context.clock,
      signal: context.signal,
      onProgress: context.onProgress,
      lockTimeoutSeconds: database.lockTimeout,
      statementTimeoutSeconds: database.statementTimeout,
      backup: backupOf(context, database.backup),
      dryRun: request.dryRun,
    };
    if (request.dryRun) return migrate(options);
    return withLock(
      context,
      () =>
        migrate({ ...options, record: async ({ type, data }) => void (await journal.append(type, data)) }),
      patienceOf(context),
    );
  });
}

/**
 * The connection URL, which only ever comes from the environment.
 *
 * @throws Refusal `config.input-invalid` when it is not set
 */
export function urlOf(context: Context, variable: string): string {
  const url = context.variables[variable];
  if (url) return url;
  throw new Refusal({
    reasonCode: "config.input-invalid",
    message: `${variable}, which holds the connection URL of the database, is not set.`,
    remedy:
      "Set it in the environment of the command; in a workflow under `env:` of the step, from `secrets`.",
    location: { file: context.files.project, key: "database.urlVariable" },
  });
}

/** Backups outlive the run, so they are kept with the state unless the configuration names a folder. */
function backupOf(context: Context, configured: boolean | string): { directory: string } | null {
  if (configured === false) return null;
  return {
    directory: configured === true ? join(context.state, "backups") : resolve(context.directory, configured),
  };
}
