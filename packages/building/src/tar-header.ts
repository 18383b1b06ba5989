/** What an archive knows of one entry; owner and time are left out on purpose. */
export interface TarEntry {
  /** Path with `/`, relative to the root of the archive; a directory ends with `/`. */
  path: string;
  type: "file" | "directory" | "symlink";
  /** Permission bits. */
  mode: number;
  /** Bytes of content; 0 unless it is a file. */
  size: number;
  /** Where a symlink points. */
  target?: string;
}

export const blockSize = 512;

/** 1980-01-01, the beginning of time for most archive formats: a fixed time makes archives reproducible. */
const fixedTime = 315_532_800;

const typeFlags = { file: "0", directory: "5", symlink: "2" } as const;

/**
 * The header blocks of an entry in the ustar format (POSIX.1-1988), preceded by a pax record (POSIX.1-2001) when a
 * name does not fit into it. Same entry, same bytes.
 */
export function tarHeader(entry: TarEntry): Buffer {
  const place = splitPath(entry.path);
  const target = entry.target ?? "";
  const records: Record<string, string> = {};
  if (!place) records.path = entry.path;
  if (Buffer.byteLength(target) > 100) records.linkpath = target;

  const header = ustar({
    ...(place ?? { prefix: "", name: truncate(entry.path) }),
    mode: entry.mode,
    size: entry.size,
    flag: typeFlags[entry.type],
    target: truncate(target),
  });
  if (Object.keys(records).length === 0) return header;

  const pax = Buffer.from(Object.entries(records).map(paxRecord).join(""));
  const paxHeader = ustar({ prefix: "", name: "pax", mode: 0o644, size: pax.length, flag: "x", target: "" });
  return Buffer.concat([paxHeader, pax, padding(pax.length), header]);
}

/** Zeros that fill the last block of a content of `size` bytes. */
export const padding = (size: number): Buffer => Buffer.alloc((blockSize - (size % blockSize)) % blockSize);

/** The two empty blocks that end an archive. */
export const endOfArchive = (): Buffer => Buffer.alloc(2 * blockSize);

function ustar(fields: {
  prefix: string;
  name: string;
  mode: number;
  size: number;
  flag: string;
  target: string;
}): Buffer {
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, "0")}\0`;
  block.write(fields.name, 0);
  block.write(octal(fields.mode, 8), 100);
  block.write(octal(0, 8), 108); // owner
  block.write(octal(0, 8), 116); // group
  block.write(octal(fields.size, 12), 124);
  block.write(octal(fixedTime, 12), 136);
  block.write("        ", 148); // the checksum counts as spaces while it is made
  block.write(fields.flag, 156);
  block.write(fields.target, 157);
  block.write("ustar\x0000", 257, "latin1");
  block.write(fields.prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** A path in the two fields that ustar has for it (155 and 100 bytes), or null when it does not fit. */
function splitPath(path: string): { prefix: string; name: string } | null {
  if (Buffer.byteLength(path) <= 100) return { prefix: "", name: path };
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (Buffer.byteLength(prefix) > 155) return null;
    if (name !== "" && Buffer.byteLength(name) <= 100) return { prefix, name };
  }
  return null;
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord([key, value]: [string, string]): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length++;
  return `${length} ${key}=${value}\n`;
}

/** At most 100 bytes of a text, for readers that do not know pax. */
const truncate = (text: string): string => {
  let short = text;
  while (Buffer.byteLength(short) > 100) short = short.slice(0, -1);
  return short;
};
