import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { canonicalJson, digestOf } from "@sluice/documents";
import { listTables, type SchemaFacts, schemaFacts } from "../catalog.ts";
import { quoted, type Session } from "../session.ts";

interface BackedUpTable {
  schema: string;
  name: string;
  /** File with the rows, in the text format of COPY, compressed with gzip. */
  file: string;
  /** Columns in the order of the rows; generated ones are not in it. */
  columns: string[];
  rows: number;
  bytes: number;
  digest: string;
}

/** What a backup directory says about itself: `manifest.json`. */
export interface BackupManifest {
  schema: "sluice/backup/v1";
  database: string;
  takenAt: string;
  run: string;
  serverVersion: string;
  tables: BackedUpTable[];
  /** Last value of each sequence; null when it was never used. */
  sequences: { schema: string; name: string; lastValue: string | null }[];
  facts: SchemaFacts;
}

export interface CopyBackup {
  directory: string;
  bytes: number;
  /** Digest of the manifest, which has the digest of every file. */
  digest: string;
  tables: number;
  rows: number;
}

/**
 * Copies every row of every table to files, as they were at one moment (one REPEATABLE READ
 * transaction), with the facts about the schema. For where there is no pg_dump of a fitting version.
 * The directory appears under its name only when everything in it was written, flushed, and read
 * back with the same digests and row counts (R170). Nobody but the owner can read it (R171).
 */
export async function copyBackup(
  session: Session,
  directory: string,
  about: { database: string; takenAt: string; run: string },
  signal?: AbortSignal,
): Promise<CopyBackup> {
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  try {
    const manifest = await writeSnapshot(session, partial, about, signal);
    const text = `${canonicalJson(manifest)}\n`;
    await writeFile(join(partial, "manifest.json"), text, { mode: 0o600, flush: true });
    await verifyCopyBackup(partial, signal);
    await rename(partial, directory);
    return {
      directory,
      bytes: manifest.tables.reduce((sum, table) => sum + table.bytes, Buffer.byteLength(text)),
      digest: digestOf(text),
      tables: manifest.tables.length,
      rows: manifest.tables.reduce((sum, table) => sum + table.rows, 0),
    };
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

async function writeSnapshot(
  session: Session,
  directory: string,
  about: { database: string; takenAt: string; run: string },
  signal?: AbortSignal,
): Promise<BackupManifest> {
  await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    // Rows that a policy hides would be missing silently; with this it is an error.
    await session.query("SET LOCAL row_security = off");
    const [server] = await session.query<{ version: string }>("SELECT version()");
    const facts = await schemaFacts(session);
    const tables: BackedUpTable[] = [];
    for (const { schema, name, isPartitioned } of await listTables(session, { forBackup: true })) {
      if (isPartitioned) continue;
      signal?.throwIfAborted();
      tables.push(await writeTable(session, directory, schema, name, tables.length, signal));
    }
    const sequences = await session.query<{ schema: string; name: string; lastValue: string | null }>(
      `SELECT schemaname AS schema, sequencename AS name, last_value::text AS "lastValue" FROM pg_sequences ORDER BY 1, 2`,
    );
    return {
      schema: "sluice/backup/v1",
      ...about,
      serverVersion: server!.version,
      ...{ tables, sequences, facts },
    };
  } finally {
    await session.query("ROLLBACK").catch(() => {});
  }
}

async function writeTable(
  session: Session,
  directory: string,
  schema: string,
  name: string,
  number: number,
  signal?: AbortSignal,
): Promise<BackedUpTable> {
  const columns = (
    await session.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
      [`${quoted(schema)}.${quoted(name)}`],
    )
  ).map((row) => row.name);
  const file = `${String(number).padStart(4, "0")}.copy.gz`;
  const path = join(directory, file);
  const hash = createHash("sha256");
  const list = columns.map(quoted).join(", ");
  const source = await session.copyTo(`COPY ${quoted(schema)}.${quoted(name)} (${list}) TO STDOUT`);
  try {
    await pipeline(
      source,
      createGzip({ level: 1 }),
      hashing(hash),
      createWriteStream(path, { mode: 0o600, flush: true }),
      { signal },
    );
  } catch (error) {
    // The server still sends rows that nobody takes.
    session.destroy();
    throw error;
  }
  return {
    ...{ schema, name, file, columns },
    rows: source.rowCount ?? 0,
    bytes: (await stat(path)).size,
    digest: `sha256:${hash.digest("hex")}`,
  };
}

/**
 * Reads a backup from the disk and compares every file with its manifest: digest, size and, after
 * unpacking, the number of rows.
 *
 * @throws Error that names the file which is not as it was written
 */
export async function verifyCopyBackup(directory: string, signal?: AbortSignal): Promise<BackupManifest> {
  const manifest = JSON.parse(await readFile(join(directory, "manifest.json"), "utf8")) as BackupManifest;
  for (const table of manifest.tables) {
    const path = join(directory, table.file);
    const hash = createHash("sha256");
    let rows = 0;
    await pipeline(
      createReadStream(path),
      hashing(hash),
      createGunzip(),
      async function countLines(source: AsyncIterable<Buffer>) {
        // In this format a line break inside a value is written as \n, so each row is one line.
        for await (const chunk of source) for (const byte of chunk) if (byte === 10) rows++;
      },
      { signal },
    );
    if (`sha256:${hash.digest("hex")}` !== table.digest || rows !== table.rows) {
      throw new Error(`${path} (${table.schema}.${table.name}) is not as it was written`);
    }
  }
  const handle = await open(directory, "r");
  await handle.sync().catch(() => {});
  await handle.close();
  return manifest;
}

const hashing = (hash: Hash): Transform =>
  new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      next(null, chunk);
    },
  });
