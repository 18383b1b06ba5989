import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder for one test with these files in it. */
export function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** The folder as a repository of git with one commit. */
export function repositoryWith(files: Record<string, string>): string {
  const folder = folderWith(files);
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", ...args]);
  git("init", "--quiet", "--initial-branch=main");
  git("add", ".");
  git("commit", "--quiet", "--allow-empty", "--message=first");
  return folder;
}

export const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** The smallest project that can be planned. */
export const smallProject: Record<string, string> = {
  ".deploy/project.yaml":
    "name: shop\nservices:\n  - name: web\n    path: web\n    command: [node, server.js]\n",
  ".deploy/dev-config.yaml": "environment: development\ntarget: local\nstrategy: recreate\n",
  "web/server.js": "",
};
