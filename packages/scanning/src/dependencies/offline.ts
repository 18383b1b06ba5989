import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { Refusal } from "@sluice/documents";
import { keyOf, normalName, type Package } from "@sluice/inventory";
import { type OsvRecord, readOsvRecord } from "@sluice/vulnerability";
import type { Entry, ZipFile } from "yauzl";
import type { OsvAnswer } from "./source.ts";

/** A record is some kilobytes; one of the largest is about a kernel and has some megabytes. */
const largestRecordBytes = 32 * 1024 * 1024;

/**
 * Looks packages up in records on disk: a zip as OSV exports it, a directory of such zips, or of JSON files.
 *
 * @throws Refusal `scan.osv-unavailable` when it cannot be read, a record is broken, or there is no record at all of
 *         an ecosystem that is asked for: what nobody looked up is not clean
 */
export async function lookUpOffline(
  packages: readonly Package[],
  path: string,
  signal?: AbortSignal,
): Promise<OsvAnswer> {
  const wanted = new Map<string, string[]>();
  for (const entry of packages) {
    const name = `${entry.ecosystem}/${normalName(entry.ecosystem, entry.name)}`;
    wanted.set(name, [...(wanted.get(name) ?? []), keyOf(entry)]);
  }
  const records = new Map<string, OsvRecord[]>();
  const ecosystems = new Set<string>();
  const take = (text: string, origin: string): void => {
    const record = parseRecord(text, origin, path);
    const keys = new Set<string>();
    for (const { package: found } of record.affected ?? []) {
      if (!found) continue;
      const ecosystem = found.ecosystem.split(":")[0]!;
      ecosystems.add(ecosystem);
      for (const key of wanted.get(`${ecosystem}/${normalName(ecosystem, found.name)}`) ?? []) keys.add(key);
    }
    for (const key of keys) records.set(key, [...(records.get(key) ?? []), record]);
  };

  const files = await sourceFiles(path);
  const digest = createHash("sha256");
  for (const file of files) {
    signal?.throwIfAborted();
    digest.update(`${relative(path, file) || basename(file)}\0`);
    if (file.endsWith(".zip")) {
      for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
      await readZip(file, (text, name) => take(text, `${file}:${name}`), signal);
    } else {
      const text = await readFile(file, "utf8");
      digest.update(text);
      take(text, file);
    }
  }
  const missing = [...new Set(packages.map(({ ecosystem }) => ecosystem))].filter(
    (name) => !ecosystems.has(name),
  );
  if (missing.length > 0) {
    throw unavailable(
      path,
      `has no records of ${missing.sort().join(" and ")}`,
      `Add the export of ${missing[0]} (all.zip of its folder in the OSV exports).`,
    );
  }
  return { records, isMatched: false, source: `${path} (sha256:${digest.digest("hex")})` };
}

/** The zips and records of a source, sorted, so that its digest is the same everywhere. */
async function sourceFiles(path: string): Promise<string[]> {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status)
    throw unavailable(path, "does not exist", "Name a zip of OSV records or a directory with such zips.");
  if (status.isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((file) => /\.(?:zip|json)$/.test(file)).sort();
}

async function readZip(
  file: string,
  take: (text: string, name: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const { openPromise } = await import("yauzl");
  let zip: ZipFile;
  try {
    zip = await openPromise(file, { lazyEntries: true, autoClose: true });
  } catch (error) {
    throw unavailable(
      file,
      `is no zip that can be read (${(error as Error).message})`,
      "Fetch it again; it may be cut off.",
    );
  }
  await new Promise<void>((resolve, reject) => {
    zip.on("error", (error) => reject(unavailable(file, `is broken (${error.message})`, "Fetch it again.")));
    zip.on("end", () => resolve());
    zip.on("entry", (entry: Entry) => {
      if (signal?.aborted) return reject(signal.reason);
      if (!entry.fileName.endsWith(".json")) return zip.readEntry();
      if (entry.uncompressedSize > largestRecordBytes) {
        return reject(
          unavailable(
            file,
            `has a record of ${entry.uncompressedSize} bytes (${entry.fileName})`,
            "Fetch it again.",
          ),
        );
      }
      zip.openReadStream(entry, (error, stream) => {
        if (error) return reject(unavailable(file, `is broken (${error.message})`, "Fetch it again."));
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("error", (cause) =>
          reject(unavailable(file, `is broken (${cause.message})`, "Fetch it again.")),
        );
        stream.on("end", () => {
          try {
            take(Buffer.concat(chunks).toString("utf8"), entry.fileName);
            zip.readEntry();
          } catch (cause) {
            reject(cause);
          }
        });
      });
    });
    zip.readEntry();
  }).finally(() => zip.close());
}

function parseRecord(text: string, origin: string, path: string): OsvRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unavailable(
      path,
      `has a record that is not JSON: ${origin} (${(error as Error).message})`,
      "Fetch it again.",
    );
  }
  const record = readOsvRecord(value);
  if (!record)
    throw unavailable(path, `has a file that is no OSV record: ${origin}`, "Keep only OSV records in it.");
  return record;
}

const unavailable = (path: string, what: string, remedy: string): Refusal =>
  new Refusal({
    reasonCode: "scan.osv-unavailable",
    message: `The source of vulnerabilities ${path} ${what}.`,
    remedy,
  });
