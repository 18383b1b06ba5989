import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, open, rename, rm, stat } from "node:fs/promises";
import { run, which } from "@sluice/process";
import { addressOf, passwordOf } from "../url.ts";

/** The server's own tools for a backup. */
export interface DumpTools {
  dump: string;
  restore: string;
  /** Major version. */
  version: number;
}

/**
 * Finds pg_dump and pg_restore. They have to be at least as new as the server: pg_dump refuses a
 * server that is newer than itself.
 *
 * @returns the tools, or in a sentence why there are none
 */
export async function findDumpTools(
  serverMajor: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<DumpTools | string> {
  const dump = which("pg_dump", { env });
  const restore = which("pg_restore", { env });
  if (!dump || !restore) return "pg_dump is not on the PATH";
  const { stdout } = await run([dump, "--version"], { env, timeoutSeconds: 10 });
  const version = Number(/\b(\d+)(?:\.|devel|beta|rc|\s|$)/.exec(stdout.replace(/^\D+/, ""))?.[1]);
  if (!Number.isInteger(version)) return "pg_dump does not say its version";
  if (version < serverMajor) return `pg_dump ${version} is older than the server (${serverMajor})`;
  return { dump, restore, version };
}

/**
 * Writes a dump in the custom format and reads it back through pg_restore, which unpacks every row.
 * The password goes to pg_dump in its environment; it is in no argument.
 */
export async function dumpBackup(
  tools: DumpTools,
  url: string,
  file: string,
  { signal, env = process.env }: { signal?: AbortSignal | undefined; env?: NodeJS.ProcessEnv },
): Promise<{ bytes: number; digest: string; tables: number }> {
  const partial = `${file}.partial`;
  const { host, port, database, user } = addressOf(url, env);
  const password = passwordOf(url);
  const parameters = new URL(url).searchParams;
  const sslMode = parameters.get("sslmode");
  const environment: NodeJS.ProcessEnv = {
    ...env,
    ...(password ? { PGPASSWORD: password } : {}),
    ...(sslMode ? { PGSSLMODE: sslMode } : {}),
  };
  const options = { env: environment, ...(signal ? { signal } : {}) };
  const must = async (command: string[], what: string) => {
    const { exitCode, stderr } = await run(command, options);
    if (exitCode !== 0)
      throw new Error(`${what} ended with ${exitCode}: ${stderr.trim().split("\n").at(-1) ?? ""}`);
  };
  try {
    await (await open(partial, "w", 0o600)).close();
    await chmod(partial, 0o600);
    await must(
      [
        ...[tools.dump, "--format=custom", "--no-password", `--file=${partial}`],
        ...[
          `--host=${host.replace(/^\[|\]$/g, "")}`,
          `--port=${port}`,
          `--username=${user}`,
          `--dbname=${database}`,
        ],
      ],
      "pg_dump",
    );
    await must([tools.restore, "--file=/dev/null", partial], "reading the dump back with pg_restore");
    const listing = await run([tools.restore, "--list", partial], options);
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(partial)) hash.update(chunk as Buffer);
    const handle = await open(partial, "r");
    await handle.sync();
    await handle.close();
    await rename(partial, file);
    return {
      bytes: (await stat(file)).size,
      digest: `sha256:${hash.digest("hex")}`,
      tables: listing.stdout.split("\n").filter((line) => / TABLE DATA /.test(line)).length,
    };
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw error;
  }
}
