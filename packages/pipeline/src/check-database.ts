import { join } from "node:path";
import { ping, status } from "@sluice/database";
import { Refusal } from "@sluice/documents";
import type { Context } from "./context.ts";

/**
 * Whether the database can be reached and, when the version of a release is asked for, whether the migrations that
 * belong to it are applied.
 *
 * @returns undefined when the project has no database, or leaves it out of the verification
 */
export function databaseCheck(
  { project, variables, directory }: Pick<Context, "project" | "variables" | "directory">,
  version: string | undefined,
): ((signal: AbortSignal) => Promise<string>) | undefined {
  const { database } = project;
  const url = database && variables[database.urlVariable];
  if (!project.verify.database || !url) return undefined;
  const migrations = join(directory, database.migrations);
  return async (signal) => {
    const { database: where, serverVersion, connections } = await ping(url, { signal });
    const reached = `${where}, PostgreSQL ${serverVersion}, ${connections.used} of ${connections.limit} connections in use`;
    if (!version) return reached;
    const found = await status({ url, directory: migrations, root: directory, signal });
    const pending = found.migrations.filter(({ outcome }) => outcome === "pending").map(({ file }) => file);
    if (pending.length > 0)
      throw new Refusal({
        reasonCode: "verify.migrations-pending",
        message: `${where} lacks what ${version} needs: ${pending.join(", ")} is not applied.`,
        remedy: "Run `migrate` before the deployment; the pipeline does it in that order.",
        location: { file: pending[0]! },
      });
    return `${reached}, schema at ${found.schema.version ?? "no version"}`;
  };
}
