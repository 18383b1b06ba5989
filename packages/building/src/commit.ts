import type { BuildDetails } from "@sluice/documents";
import { run, which } from "@sluice/process";

export type Commit = NonNullable<BuildDetails["commit"]>;

/**
 * Author, message, SHA, time and branch of what is checked out; null outside of a repository or without git.
 *
 * On a runner the branch is detached, so `GITHUB_HEAD_REF` and `GITHUB_REF_NAME` are asked when git knows none.
 */
export async function commitOf(
  directory: string,
  { env = process.env, signal }: { env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<Commit | null> {
  if (which("git", { env }) === null) return null;
  const git = (...args: string[]) => run(["git", "-C", directory, ...args], { env, signal });
  const log = await git("log", "-1", "--format=%H%x00%an <%ae>%x00%ct%x00%B");
  if (log.exitCode !== 0) return null;
  const [sha = "", author = "", seconds = "0", message = ""] = log.stdout.split("\0");
  const committedAt = new Date(Number(seconds) * 1000).toISOString();
  const head = await git("symbolic-ref", "--short", "--quiet", "HEAD");
  const branch = head.exitCode === 0 ? head.stdout.trim() : env.GITHUB_HEAD_REF || env.GITHUB_REF_NAME;
  return { sha, author, message: message.trim(), committedAt, ...(branch && { branch }) };
}
