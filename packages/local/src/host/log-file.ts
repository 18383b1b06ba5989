import {
  closeSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";

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

/** The values, and the passwords of those that are addresses: programs print them without the rest. */
export function withPasswords(values: Iterable<string>): string[] {
  return [...values].flatMap((value) => {
    const password = URL.canParse(value) ? new URL(value).password : "";
    return [value, ...(password === "" ? [] : [password, decodeURIComponent(password)])];
  });
}

/** Shorter values are ordinary words more often than secrets. */
const shortestSecret = 4;

/**
 * Writes stars over every secret in a log: in place and as long as the value was, because the process may be
 * appending meanwhile.
 *
 * @param from what the last call for this file returned; 0 at first
 * @returns how far the log was looked through, in bytes
 */
export function starOut(file: string, secrets: Iterable<string>, from: number): number {
  const values = [...secrets]
    .filter((secret) => secret.length >= shortestSecret)
    .map((secret) => Buffer.from(secret));
  try {
    const fd = openSync(file, "r+");
    try {
      const { size } = fstatSync(fd);
      const overlap = Math.max(0, ...values.map(({ length }) => length - 1));
      // A log that became shorter was cut, and begins anew.
      const start = size < from ? 0 : Math.max(0, from - overlap);
      const buffer = Buffer.alloc(size - start);
      const text = buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, start));
      for (const value of values)
        for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length))
          writeSync(fd, Buffer.alloc(value.length, "*"), 0, value.length, start + at);
      return start + text.length;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT")
      console.error(`${file}: ${(error as Error).message}`);
    return 0;
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
