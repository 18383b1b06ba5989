import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { freePort } from "../../packages/process/src/index.ts";
import { ownRepository, pins } from "../contract/pins.ts";

const root = resolve(import.meta.dirname, "../..");

/** A consumer's repository and the suite beside it, both as act needs them. */
export interface Stage {
  /** The checkout of the consumer: a copy of the sample, with a commit. */
  project: string;
  /** Arguments that tell act where the actions and workflows of others are. */
  repositories: string[];
  /** Where the stand-ins keep artifacts. */
  artifacts: string;
}

/** Sets up the folders of one run below `folder`. */
export async function prepareStage(folder: string): Promise<Stage> {
  const [suite, project, artifacts] = ["suite", "project", "artifacts"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([stageSuite(suite), stageProject(project), mkdir(artifacts, { recursive: true })]);
  const standIns = Object.entries(pins)
    .filter(([name]) => name !== "actions/checkout")
    .map(([name, { sha }]) => {
      const [owner, repo, path] = name.split("/");
      return [
        `${owner}/${repo}@${sha}`,
        path ? join(folder, "stand-ins", repo!) : join(import.meta.dirname, "stand-ins", repo!),
      ];
    });
  // An action below the root of a repository is looked up by its path in that repository.
  await cp(
    join(import.meta.dirname, "stand-ins/upload-sarif"),
    join(folder, "stand-ins/codeql-action/upload-sarif"),
    {
      recursive: true,
    },
  );
  const mapped = [[`${ownRepository}@v0`, suite], ...standIns];
  return {
    project,
    artifacts,
    repositories: mapped.flatMap(([name, path]) => ["--local-repository", `${name}=${path}`]),
  };
}

/** The suite as it is published, with the references that act does not know spelled out. */
async function stageSuite(folder: string): Promise<void> {
  await mkdir(join(folder, ".github/workflows"), { recursive: true });
  await cp(process.env.SLUICE_DIST ?? join(root, "dist"), join(folder, "dist"), { recursive: true });
  await cp(join(root, "action.yml"), join(folder, "action.yml"));
  for (const action of await readdir(join(root, "actions"))) {
    const manifest = join(root, "actions", action, "action.yml");
    await cp(manifest, join(folder, "actions", action, "action.yml")).catch(
      (error: NodeJS.ErrnoException) => {
        // The action of the root has its manifest there.
        if (error.code !== "ENOENT") throw error;
      },
    );
  }
  for (const name of ["pipeline.yml", "deploy.yml", "rollback.yml"]) {
    const text = await readFile(join(root, ".github/workflows", name), "utf8");
    await writeFile(join(folder, ".github/workflows", name), forAct(text));
  }
}

/** Spells out what act does not know: references to the own repository, and the length of a queue. */
export const forAct = (workflow: string): string =>
  workflow
    .replaceAll(/uses: \$\/(\S+)/g, `uses: ${ownRepository}/$1@v0`)
    .replaceAll(/uses: \.\/(\.github\/workflows\/\S+)/g, `uses: ${ownRepository}/$1@v0`)
    .replaceAll(/^ +queue: .*\n/gm, "");

async function stageProject(folder: string): Promise<void> {
  const sample = join(root, "examples/shop");
  const skipped = new Set(["node_modules", "out", ".github"].map((name) => join(sample, name)));
  await cp(sample, folder, { recursive: true, filter: (path) => !skipped.has(path) });
  await rm(join(folder, "out"), { recursive: true, force: true });
  const git = (...args: string[]) => execFileSync("git", ["-C", folder, ...args], { stdio: "pipe" });
  await settle(folder);
  git("init", "--quiet", "--initial-branch=main");
  git("config", "user.email", "sample@example.com");
  git("config", "user.name", "Sample");
  git("remote", "add", "origin", "https://github.com/acme/shop.git");
  commit(folder, "Import the shop");
  git("tag", "v1.0.0");
}

/** Takes out of the sample what would reach the network, gives the catalogue a secret and a port, and main to `demo`. */
async function settle(folder: string): Promise<void> {
  const change = async (file: string, edit: (text: string) => string | Promise<string>) => {
    const path = join(folder, ".deploy", file);
    await writeFile(path, await edit(await readFile(path, "utf8")));
  };
  await change("project.yaml", (text) =>
    text
      .replace("source: online", "source: osv")
      .replace("    path: services/catalog\n", "$&    secrets: [API_TOKEN]\n")
      .replace("branches: development-first", 'branches: { main: demo, "feature/*": development }'),
  );
  // The tests ask the catalogue themselves, so they have to know where it is.
  const port = await freePort();
  await change("demo-config.yaml", (text) => {
    if (!text.includes("\nservices:\n")) throw new Error("The sample has no settings of services in demo.");
    return text.replace("\nservices:\n", `\nservices:\n  catalog:\n    port: ${port}\n`);
  });
}

/** Commits everything in the checkout. */
export function commit(folder: string, message: string): void {
  const git = (...args: string[]) => execFileSync("git", ["-C", folder, ...args], { stdio: "pipe" });
  git("add", "-A");
  git("commit", "--quiet", "--allow-empty", "-m", message);
}
