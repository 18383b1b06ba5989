import { digestOf } from "@sluice/documents";

/** A version of a migration: its numbers, so that 10 comes after 9 and 1.0 is the same as 1. */
export type MigrationVersion = string;

export interface MigrationName {
  /** `up` for `V…`, `down` for `U…`. */
  direction: "up" | "down";
  /** The numbers with dots between, without leading zeros and zeros at the end: `V01_2__x` is `1.2`. */
  version: MigrationVersion;
  /** The words after the two underscores, with spaces. */
  name: string;
}

/** How the files are called; part of every message about a wrong name. */
export const namePattern = "V<version>__<name>.sql (for example V12__add_orders_index.sql)";

/**
 * Reads the name of a migration file: `V1__create_orders.sql`, `V1.2__x.sql`, `V1_2__x.sql`,
 * `U1__drop_orders.sql`. Null when it is not such a name.
 */
export function parseMigrationName(fileName: string): MigrationName | null {
  const match = /^([VU])(\d+(?:[._]\d+)*)__(.+)\.sql$/.exec(fileName);
  if (!match) return null;
  const [, letter, numbers, words] = match as unknown as [string, string, string, string];
  const parts = numbers.split(/[._]/).map((part) => part.replace(/^0+(?=\d)/, ""));
  while (parts.length > 1 && parts.at(-1) === "0") parts.pop();
  return {
    direction: letter === "V" ? "up" : "down",
    version: parts.join("."),
    name: words.replaceAll("_", " ").trim(),
  };
}

/** Order of versions: number by number; negative when `a` comes first. */
export function compareVersions(a: MigrationVersion, b: MigrationVersion): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x, y] = [BigInt(left[i] ?? "0"), BigInt(right[i] ?? "0")];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** The text without byte order mark and with `\n` as line ending, as it is checksummed. */
const normalized = (sql: string): string => sql.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");

/** Checksum of a migration: the same with every line ending, with or without a byte order mark. */
export const checksumOf = (sql: string): string => digestOf(normalized(sql));
