import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** A copy of the shop with a history of its own, in which each release is a commit. */
export interface Workspace {
  readonly directory: string;
  /** Copies the files of a release over the tree and commits them. @returns the commit before; null without git */
  release(version: string): Promise<string | null>;
  remove(): Promise<void>;
}

/**
 * The copy is outside of this repository, as the repository of a user is: no configuration of ours reaches it.
 *
 * @param shop the example
 */
export async function makeWorkspace(shop: string): Promise<Workspace> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-shop-"));
  const leftOut = ["node_modules", "releases", "dist", "reports", "out", ".git"];
  await cp(shop, directory, {
    recursive: true,
    filter: (path) => !leftOut.includes(path.split("/").at(-1)!),
  });
  await writeFile(join(directory, ".gitignore"), "node_modules/\ndist/\nreports/\nout/\n");
  await useOfflineRecords(directory);
  const git = async (...args: string[]): Promise<string | null> => {
    try {
      const { stdout } = await execute("git", args, { cwd: directory, env: { ...process.env, ...identity } });
      return stdout.trim();
    } catch (error) {
      // A machine without git shows everything but the scan of the commits.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  };
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "Release 1.0.0");
  return {
    directory,
    remove: () => rm(directory, { recursive: true, force: true }),
    async release(version) {
      const before = await git("rev-parse", "HEAD");
      await cp(join(shop, "releases", version), directory, { recursive: true });
      await git("add", "--all");
      await git("commit", "--quiet", "--message", `Release ${version}`);
      return before;
    },
  };
}

/** The demonstration needs no network, so it asks the records that come with the shop instead of osv.dev. */
async function useOfflineRecords(directory: string): Promise<void> {
  const file = join(directory, ".deploy", "project.yaml");
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/^(\s+source:) online$/m, "$1 osv"));
}

/** Commits do not depend on who runs the demonstration, nor on what git is told on this machine. */
const identity = {
  GIT_AUTHOR_NAME: "Shop",
  GIT_AUTHOR_EMAIL: "shop@example.com",
  GIT_COMMITTER_NAME: "Shop",
  GIT_COMMITTER_EMAIL: "shop@example.com",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
};
