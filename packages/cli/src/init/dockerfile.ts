/** What a Dockerfile says about the service inside of it. */
export interface Dockerfile {
  /** Argument list that the container is started with; null when the file does not say. */
  command: string[] | null;
  /** Path that its HEALTHCHECK asks; null when there is none. */
  healthPath: string | null;
}

/**
 * Reads the instructions that decide what runs: the last ENTRYPOINT and CMD, and the HEALTHCHECK, of the last stage
 * (https://docs.docker.com/reference/dockerfile/). In its list form an ENTRYPOINT gets CMD as arguments; in its shell
 * form it gets none.
 */
export function readDockerfile(text: string): Dockerfile {
  const instructions = text
    .replace(/\\\r?\n(\s*#.*\r?\n)*/g, " ")
    .split(/\r?\n/)
    .map((line) => /^\s*([A-Za-z]+)\s+(.*\S)/.exec(line))
    .flatMap((match) => (match ? [{ name: match[1]!.toUpperCase(), value: match[2]! }] : []));
  const start = instructions.findLastIndex(({ name }) => name === "FROM");
  const last = (wanted: string): string | undefined =>
    instructions.slice(start + 1).findLast(({ name }) => name === wanted)?.value;
  const entrypoint = commandOf(last("ENTRYPOINT"));
  const cmd = commandOf(last("CMD"));
  const list = !entrypoint
    ? (cmd?.list ?? [])
    : entrypoint.isShell
      ? entrypoint.list
      : [...entrypoint.list, ...(cmd?.list ?? [])];
  return { command: list.length > 0 ? list : null, healthPath: pathIn(last("HEALTHCHECK")) };
}

function commandOf(value: string | undefined): { list: string[]; isShell: boolean } | null {
  if (!value) return null;
  try {
    const list: unknown = JSON.parse(value);
    if (Array.isArray(list) && list.every((part) => typeof part === "string"))
      return { list, isShell: false };
  } catch {
    // Not the list form: the whole line is for a shell.
  }
  return { list: commandLine(value), isShell: true };
}

/** A line for a shell as an argument list: as it is where no shell is needed, else through one. */
export function commandLine(line: string): string[] {
  return /^[\w./:@=,+ -]+$/.test(line) && !/^\w+=/.test(line) ? line.trim().split(/ +/) : ["sh", "-c", line];
}

const pathIn = (healthCheck: string | undefined): string | null =>
  /https?:\/\/[^/\s"']+(\/[\w./-]*)/.exec(healthCheck ?? "")?.[1] ?? null;
