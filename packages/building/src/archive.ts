import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, mkdir, open, readdir, readlink, rename, rm } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, posix, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Refusal } from "@sluice/documents";
import { endOfArchive, padding, type TarEntry, tarHeader } from "./tar-header.ts";

/** Content size that the ustar format can say. */
const largestFile = 8 * 1024 ** 3;

/**
 * Packs a directory as tar.gz so that the same content gives the same bytes: names sorted, no owner, one fixed time,
 * modes reduced to what git keeps. `.git` directories are left out. The file appears whole or not at all.
 *
 * @param directory what is packed; its content is the root of the archive
 * @param file      the archive; its directory is made
 * @param leaveOut  absolute paths that are no part of the archive
 * @returns digest and size in bytes of the archive
 * @throws Refusal `build.artifact-failed` when there is nothing to pack, a symlink leads outside, or it cannot be written
 */
export async function archiveDirectory(
  directory: string,
  file: string,
  { leaveOut = [], signal }: { leaveOut?: readonly string[]; signal?: AbortSignal } = {},
): Promise<{ digest: string; bytes: number }> {
  const entries = await listEntries(directory, new Set([resolve(file), ...leaveOut]));
  const temporary = join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(temporary, "wx");
    try {
      await pipeline(
        tarOf(directory, entries),
        createGzip({ level: 6 }),
        async (chunks: AsyncIterable<Buffer>) => {
          for await (const chunk of chunks) {
            // Byte 9 of gzip names the operating system; 255 is "unknown" (RFC 1952), on every one of them.
            if (bytes <= 9 && bytes + chunk.length > 9) chunk[9 - bytes] = 255;
            hash.update(chunk);
            bytes += chunk.length;
            await handle.writeFile(chunk);
          }
        },
        { signal },
      );
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    signal?.throwIfAborted();
    throw unwritable(file, error);
  }
  return { digest: `sha256:${hash.digest("hex")}`, bytes };
}

/** Everything in a directory, sorted by path, byte by byte. */
async function listEntries(directory: string, leaveOut: ReadonlySet<string>): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  const walk = async (inside: string): Promise<void> => {
    const names = await readdir(join(directory, inside)).catch((error: NodeJS.ErrnoException) => {
      throw refusal(
        `There is no directory ${join(directory, inside)} to make the artifact of (${error.code}).`,
        "Let `build.output` name the directory that the build command writes.",
      );
    });
    for (const name of names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
      const path = inside === "" ? name : `${inside}/${name}`;
      if (name === ".git" || leaveOut.has(resolve(directory, path))) continue;
      const entry = await entryOf(directory, path);
      entries.push(entry);
      if (entry.type === "directory") await walk(path);
    }
  };
  await walk("");
  if (!entries.some(({ type }) => type === "file")) {
    throw refusal(
      `The directory ${directory} has no file in it to make an artifact of.`,
      "Let `build.output` name the directory that the build command writes.",
    );
  }
  return entries;
}

async function entryOf(directory: string, path: string): Promise<TarEntry> {
  const stats = await lstat(join(directory, path));
  if (stats.isDirectory()) return { path: `${path}/`, type: "directory", mode: 0o755, size: 0 };
  if (stats.isSymbolicLink()) {
    const target = await readlink(join(directory, path));
    if (isAbsolute(target) || posix.normalize(`${posix.dirname(path)}/${target}`).split("/")[0] === "..") {
      throw refusal(
        `${join(directory, path)} is a symbolic link to ${target}, outside of what is packed.`,
        "Let the build copy what it points to, or bundle it.",
      );
    }
    return { path, type: "symlink", mode: 0o777, size: 0, target };
  }
  if (!stats.isFile()) {
    throw refusal(
      `${join(directory, path)} is neither a file nor a directory nor a link.`,
      "Remove it from what the build writes.",
    );
  }
  if (stats.size >= largestFile) {
    throw refusal(`${join(directory, path)} is larger than 8 GiB.`, "Keep it out of the artifact.");
  }
  return { path, type: "file", mode: stats.mode & 0o100 ? 0o755 : 0o644, size: stats.size };
}

async function* tarOf(directory: string, entries: readonly TarEntry[]): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    yield tarHeader(entry);
    if (entry.type !== "file") continue;
    let read = 0;
    for await (const chunk of createReadStream(join(directory, entry.path)) as AsyncIterable<Buffer>) {
      read += chunk.length;
      yield chunk;
    }
    if (read !== entry.size) {
      throw refusal(
        `${join(directory, entry.path)} was changed while it was packed.`,
        "Let the build command end only when everything is written.",
      );
    }
    yield padding(entry.size);
  }
  yield endOfArchive();
}

const refusal = (message: string, remedy: string, cause?: unknown) =>
  new Refusal({ reasonCode: "build.artifact-failed", message, remedy }, { cause });

function unwritable(file: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof Refusal || code === undefined) return error;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return refusal(`The disk is full: ${file} could not be written.`, "Make room and build again.", error);
  }
  return refusal(
    `${file} could not be written (${code}).`,
    "Make the directory of the artifacts writable, or name another one.",
    error,
  );
}
