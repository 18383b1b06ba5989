import { lstatSync, readFileSync } from "node:fs";

/** Larger files are data, not sources; they are named in the notes. */
export const largestFileBytes = 10 * 1024 * 1024;

export type Content =
  | { kind: "text"; bytes: Uint8Array }
  | { kind: "binary" }
  | { kind: "large"; bytes: number }
  /** A link, a submodule, or a tracked file that is not there. */
  | { kind: "none" };

/** Reads a file as far as it can hold text. UTF-16 with a byte order mark is turned into UTF-8. */
export function readContent(path: string): Content {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (!status?.isFile()) return { kind: "none" };
  if (status.size > largestFileBytes) return { kind: "large", bytes: status.size };
  const bytes = readFileSync(path);
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? "utf-16le"
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? "utf-16be"
        : null;
  if (encoding)
    return { kind: "text", bytes: new TextEncoder().encode(new TextDecoder(encoding).decode(bytes)) };
  // The rule of git: a zero byte near the beginning makes a file binary.
  return bytes.subarray(0, 8000).includes(0) ? { kind: "binary" } : { kind: "text", bytes };
}
