import { closeSync, fstatSync, openSync, readSync, statSync, truncateSync, writeFileSync } from "node:fs";

const tailBytes = 4096;

/** The last lines of a log, with the values of secrets taken out. */
export function lastLines(file: string, count: number, secrets: Iterable<string> = []): string[] {
  let text = tail(file, tailBytes).toString("utf8");
  for (const secret of secrets) if (secret !== "") text = text.replaceAll(secret, "***");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count);
}

/**
 * Keeps a log that a process is appending to below `limit` bytes: the newer half goes to `<file>.1`, and the
 * file begins again. What is written in the instant between the two is lost.
 */
export function capLog(file: string, limit: number): void {
  try {
    if (statSync(file).size <= limit) return;
    writeFileSync(`${file}.1`, tail(file, limit / 2), { mode: 0o600 });
    truncateSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT")
      console.error(`${file}: ${(error as Error).message}`);
  }
}

function tail(file: string, bytes: number): Buffer {
  try {
    const fd = openSync(file, "r");
    try {
      const { size } = fstatSync(fd);
      const length = Math.min(size, Math.floor(bytes));
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(fd, buffer, 0, length, size - length));
    } finally {
      closeSync(fd);
    }
  } catch {
    return Buffer.alloc(0);
  }
}
