import { Refusal } from "@sluice/documents";
import { type Inventory, keyOf, type Package } from "./package.ts";

interface LockEntry {
  name?: string;
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  devOptional?: boolean;
  license?: unknown;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const modules = "node_modules/";

/**
 * Reads a `package-lock.json` or `npm-shrinkwrap.json` of lockfileVersion 2 or 3.
 *
 * @throws Refusal `scan.lockfile-invalid` when it is no such file
 */
export function readNpmLock(file: string, text: string): Inventory {
  const entries = lockEntries(file, text);
  const lines = linesOfKeys(text);
  const find = (name: string, from: string): string | null => resolve(entries, name, from);
  const isLocal = (path: string) => path === "" || !path.includes(modules);

  const identity = new Map<string, { name: string; version: string }>();
  for (const [path, entry] of entries) {
    if (isLocal(path) || entry.link || !entry.version) continue;
    identity.set(path, {
      name: entry.name ?? path.slice(path.lastIndexOf(modules) + modules.length),
      version: entry.version,
    });
  }
  const keyAt = (path: string): string | null => {
    const found = identity.get(path);
    return found ? keyOf({ ecosystem: "npm", ...found }) : null;
  };
  const needsOf = (path: string, entry: LockEntry, withDevelopment: boolean): string[] => {
    const names = Object.keys({
      ...entry.dependencies,
      ...entry.optionalDependencies,
      ...entry.peerDependencies,
      ...(withDevelopment ? entry.devDependencies : {}),
    });
    const keys = names.map((name) => find(name, path)).map((found) => (found === null ? null : keyAt(found)));
    return [...new Set(keys.filter((key) => key !== null))].sort();
  };

  const roots = new Map<string, { name: string | null; needs: readonly string[] }>();
  for (const [path, entry] of entries) {
    if (isLocal(path)) roots.set(path, { name: entry.name ?? null, needs: needsOf(path, entry, true) });
  }
  const direct = new Set([...roots.values()].flatMap(({ needs }) => needs));

  const packages: Package[] = [];
  for (const [path, entry] of entries) {
    const found = identity.get(path);
    if (!found) continue;
    packages.push({
      ecosystem: "npm",
      ...found,
      isDirect: direct.has(keyAt(path)!),
      isDevelopment: entry.dev === true || entry.devOptional === true,
      location: { file, line: lines.get(path) ?? 1, key: path },
      hash: readIntegrity(entry.integrity),
      license: typeof entry.license === "string" ? entry.license : null,
      needs: needsOf(path, entry, false),
    });
  }
  return { file, ecosystem: "npm", packages: merged(packages), roots, notes: [] };
}

function lockEntries(file: string, text: string): Map<string, LockEntry> {
  let lock: { lockfileVersion?: unknown; packages?: unknown };
  try {
    lock = JSON.parse(text);
  } catch (cause) {
    throw new Refusal(
      {
        reasonCode: "scan.lockfile-invalid",
        message: `The lock file is not valid JSON: ${(cause as Error).message}.`,
        remedy: "Make it again with `npm install --package-lock-only`.",
        location: { file },
      },
      { cause },
    );
  }
  const { packages } = lock ?? {};
  if (packages === null || typeof packages !== "object" || Array.isArray(packages)) {
    throw new Refusal({
      reasonCode: "scan.lockfile-invalid",
      message: `lockfileVersion is ${String(lock?.lockfileVersion)} and there are no \`packages\`; versions 2 and 3 can be read.`,
      remedy: "Make it again with npm 7 or newer: `npm install --package-lock-only`.",
      location: { file, key: "lockfileVersion" },
    });
  }
  return new Map(
    Object.entries(packages).filter(
      (pair): pair is [string, LockEntry] => typeof pair[1] === "object" && pair[1] !== null,
    ),
  );
}

/** The place in the tree that `require(name)` finds from a package (https://nodejs.org/api/modules.html#all-together). */
function resolve(entries: ReadonlyMap<string, LockEntry>, name: string, from: string): string | null {
  for (let directory = from; ; directory = parent(directory)) {
    const path = `${directory === "" ? "" : `${directory}/`}${modules}${name}`;
    const entry = entries.get(path);
    if (entry) return entry.link && entry.resolved !== undefined ? entry.resolved : path;
    if (directory === "") return null;
  }
}

function parent(directory: string): string {
  const nested = directory.lastIndexOf(`/${modules}`);
  if (nested !== -1) return directory.slice(0, nested);
  const slash = directory.startsWith(modules) ? -1 : directory.lastIndexOf("/");
  return slash === -1 ? "" : directory.slice(0, slash);
}

/** Line of each key that opens an object: enough to find the packages, whose keys are paths. */
function linesOfKeys(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  let line = 1;
  let last = 0;
  for (const match of text.matchAll(/"((?:[^"\\\n]|\\.)+)"\s*:\s*\{/g)) {
    for (let at = text.indexOf("\n", last); at !== -1 && at < match.index; at = text.indexOf("\n", at + 1)) {
      line++;
      last = at + 1;
    }
    if (!lines.has(match[1]!)) lines.set(match[1]!, line);
  }
  return lines;
}

/** The strongest digest of a Subresource Integrity text. */
function readIntegrity(integrity: string | undefined): Package["hash"] {
  for (const [name, algorithm] of [
    ["sha512", "SHA-512"],
    ["sha384", "SHA-384"],
    ["sha256", "SHA-256"],
    ["sha1", "SHA-1"],
  ] as const) {
    const base64 = new RegExp(`(?:^|\\s)${name}-([A-Za-z0-9+/=]+)`).exec(integrity ?? "")?.[1];
    if (base64) return { algorithm, hex: Buffer.from(base64, "base64").toString("hex") };
  }
  return null;
}

/** One entry for each version, however often it is installed: needed at run time if any of them is. */
function merged(packages: readonly Package[]): Package[] {
  const byKey = new Map<string, Package>();
  for (const entry of packages) {
    const other = byKey.get(keyOf(entry));
    byKey.set(
      keyOf(entry),
      other
        ? {
            ...other,
            isDirect: other.isDirect || entry.isDirect,
            isDevelopment: other.isDevelopment && entry.isDevelopment,
            needs: [...new Set([...other.needs, ...entry.needs])].sort(),
          }
        : entry,
    );
  }
  return [...byKey.values()];
}
