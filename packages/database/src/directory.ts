import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { Refusal, type RefusalProblem } from "@sluice/documents";
import {
  checksumOf,
  compareVersions,
  namePattern,
  parseMigrationName,
  readScript,
  type Script,
} from "@sluice/sql";

/** One migration of a directory. */
export interface Migration {
  version: string;
  name: string;
  /** Path for people, relative to the repository. */
  file: string;
  sql: string;
  checksum: string;
  /** How it is run; read when it is asked for the first time. */
  readonly script: Script;
  /** Path of `U<version>__….sql`, when there is one. Nothing runs it by itself. */
  down: string | null;
}

/**
 * Reads the migrations of a directory, in the order of their versions.
 *
 * @param root the directory that shown paths are relative to
 * @throws Refusal `migrate.invalid-file` or `migrate.duplicate-version`, with every file that is wrong
 */
export async function readMigrations(directory: string, root: string = process.cwd()): Promise<Migration[]> {
  const shown = (name: string) => relative(root, join(directory, name)) || name;
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    throw new Refusal({
      reasonCode: "migrate.invalid-file",
      message: `The directory of the migrations cannot be read: ${error.code === "ENOENT" ? "it does not exist" : error.message}.`,
      remedy: "Create it, or correct the path in the configuration.",
      location: { file: relative(root, directory) || directory },
    });
  });
  const problems: RefusalProblem[] = [];
  const ups = new Map<string, Migration>();
  const downs = new Map<string, string>();

  for (const name of names.filter((name) => name.toLowerCase().endsWith(".sql")).sort()) {
    const file = shown(name);
    const parsed = parseMigrationName(name);
    if (!parsed) {
      problems.push({
        reasonCode: "migrate.invalid-file",
        message: `${name} is not the name of a migration.`,
        remedy: `Call it ${namePattern}; U<version>__<name>.sql for the way back.`,
        location: { file },
      });
      continue;
    }
    const earlier = parsed.direction === "up" ? ups.get(parsed.version)?.file : downs.get(parsed.version);
    if (earlier) {
      problems.push({
        reasonCode: "migrate.duplicate-version",
        message: `${name} has version ${parsed.version}, and so has ${earlier}.`,
        remedy: "Give the one that is not applied anywhere yet the next free version.",
        location: { file },
      });
    } else if (parsed.direction === "down") downs.set(parsed.version, file);
    else {
      const sql = await readText(join(directory, name), file, problems);
      if (sql !== null) ups.set(parsed.version, migration({ ...parsed, file, sql }));
    }
  }
  for (const [version, file] of downs) {
    const up = ups.get(version);
    if (up) up.down = file;
    else if (problems.length === 0) {
      problems.push({
        reasonCode: "migrate.invalid-file",
        message: `There is a way back from version ${version} and no migration V${version}.`,
        remedy: "Add the migration or remove the file.",
        location: { file },
      });
    }
  }
  if (problems.length > 0) throw new Refusal(problems as [RefusalProblem, ...RefusalProblem[]]);
  return [...ups.values()].sort((a, b) => compareVersions(a.version, b.version));
}

async function readText(path: string, file: string, problems: RefusalProblem[]): Promise<string | null> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (error) {
    const isEncoding = error instanceof TypeError;
    problems.push({
      reasonCode: "migrate.invalid-file",
      message: isEncoding ? "The file is not UTF-8." : `The file cannot be read: ${(error as Error).message}`,
      remedy: isEncoding ? "Save it as UTF-8." : "Make it readable.",
      location: { file },
    });
    return null;
  }
}

function migration(found: { version: string; name: string; file: string; sql: string }): Migration {
  let script: Script | undefined;
  const { version, name, file, sql } = found;
  return {
    ...{ version, name, file, sql },
    checksum: checksumOf(sql),
    down: null,
    get script() {
      script ??= readScript(sql);
      return script;
    },
  };
}
