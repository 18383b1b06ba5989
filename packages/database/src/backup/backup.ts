import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Backup, Refusal } from "@sluice/documents";
import type { Clock, OnProgress } from "@sluice/ports";
import { withoutPassword } from "../failure.ts";
import { Session } from "../session.ts";
import { addressOf, safeUrl } from "../url.ts";
import { copyBackup } from "./copy-backup.ts";
import { dumpBackup, findDumpTools } from "./pg-dump.ts";

export interface BackupOptions {
  url: string;
  /** Where backups are kept; made with access for the owner only. */
  directory: string;
  runId: string;
  clock: Clock;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
  /** By default pg_dump when it fits, else the built-in way. */
  method?: "pg_dump" | "copy" | undefined;
  /** Environment in which pg_dump is looked for. */
  env?: NodeJS.ProcessEnv | undefined;
}

/**
 * Backs a database up and reads the backup back (R169–R171).
 *
 * @throws Refusal `migrate.backup-failed`, and then no part of it is left
 */
export async function backUp(options: BackupOptions): Promise<Backup> {
  const { url, directory, runId, clock, signal, onProgress } = options;
  const began = clock.now();
  const takenAt = new Date(began).toISOString();
  const name = `${addressOf(url).database}-${takenAt.replace(/[-:]|\.\d+/g, "")}-${runId}`.replace(
    /[^A-Za-z0-9._-]/g,
    "_",
  );
  const session = await Session.open(url, {
    applicationName: `sluice ${runId} backup`,
    lockTimeoutSeconds: 30,
    ...(signal ? { signal } : {}),
  });
  const stop = () => session.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await refuseOpenDirectory(directory);
    const [server] = await session.query<{ major: number }>(
      "SELECT current_setting('server_version_num')::int / 10000 AS major",
    );
    const tools =
      options.method === "copy"
        ? "the built-in way was asked for"
        : await findDumpTools(server!.major, options.env);
    if (typeof tools !== "string") {
      const file = join(directory, `${name}.dump`);
      const dump = await dumpBackup(tools, url, file, {
        signal,
        ...(options.env ? { env: options.env } : {}),
      });
      return { reference: file, ...dump, kind: "pg_dump", rows: null, seconds: (clock.now() - began) / 1000 };
    }
    if (options.method === "pg_dump") throw new Error(tools);
    onProgress?.({ type: "message", text: `Backup by COPY, since ${tools}.` });
    const { bytes, digest, tables, rows, ...made } = await copyBackup(
      session,
      join(directory, name),
      { database: safeUrl(url), takenAt, run: runId },
      signal,
    );
    const seconds = (clock.now() - began) / 1000;
    return { reference: made.directory, bytes, digest, kind: "copy", tables, rows, seconds };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Refusal) throw error;
    const message = withoutPassword(error instanceof Error ? error.message : String(error), url);
    const isFull = ["ENOSPC", "EDQUOT", "EFBIG"].includes((error as { code?: string }).code ?? "");
    throw new Refusal({
      reasonCode: "migrate.backup-failed",
      message: `The backup to ${directory} could not be made: ${isFull ? "the disk is full" : message}.`,
      remedy: isFull
        ? "Make room, or choose another directory for backups. Nothing was migrated."
        : "Nothing was migrated. Mend the cause, or choose another directory for backups.",
    });
  } finally {
    signal?.removeEventListener("abort", stop);
    await session.close();
  }
}

/** A backup has everything that the database has: others must not be able to read it. */
async function refuseOpenDirectory(directory: string): Promise<void> {
  const { mode } = await stat(directory);
  if ((mode & 0o022) === 0 || (mode & 0o1000) !== 0) return;
  throw new Error(`others may write to it (mode ${(mode & 0o777).toString(8)}); chmod 700 ${directory}`);
}
