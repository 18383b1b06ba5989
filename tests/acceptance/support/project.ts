import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Document, parseDocument, stringify } from "yaml";
import type { Event } from "../../../packages/documents/src/event.ts";
import { leftoversOf } from "./leftovers.ts";
import { cli, type RunningCommand } from "./sluice.ts";

const execute = promisify(execFile);

/** The repository of a user with a service of a few lines, and the places that Sluice writes to. */
export interface Project {
  readonly directory: string;
  readonly out: string;
  readonly state: string;
  /** What the commands get besides; secrets for example. */
  readonly variables: Record<string, string>;
  /** Commands that were started and have not ended. */
  readonly running: Set<RunningCommand>;
  /** Writes files over the tree. */
  write(files: Record<string, string>): Promise<void>;
  /** Changes keys of a configuration, by path: `set("test", { "canary.analysis.interval": "1s" })`. */
  set(file: "project" | "test", keys: Record<string, unknown>): Promise<void>;
  /** The next release does this: `ok`, `fails 100`, `unhealthy`, `dies-at-start`, `dies-under-load`, `tires`. */
  behave(behaviour: string, service?: string): Promise<void>;
  commit(): Promise<string>;
  /** Every event of the journal; throws when a line cannot be read. */
  journal(): Promise<Event[]>;
  /** Ends the environment. @throws Error when anything is left running */
  remove(): Promise<void>;
}

export interface ProjectOptions {
  services?: readonly string[];
  /** Keys over the configuration of the environment. */
  environment?: Record<string, unknown>;
  /** Keys over the configuration of the project. */
  project?: Record<string, unknown>;
}

export async function makeProject({
  services = ["app"],
  environment = {},
  project = {},
}: ProjectOptions = {}): Promise<Project> {
  const root = await mkdtemp(join(tmpdir(), "sluice-acceptance-"));
  const directory = join(root, "repository");
  const made: Project = {
    directory,
    out: join(directory, "out"),
    state: join(root, "state"),
    variables: {},
    running: new Set(),
    async write(files) {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), content);
      }
    },
    async set(file, keys) {
      const path = join(directory, ".deploy", file === "project" ? "project.yaml" : "test-config.yaml");
      const document: Document = parseDocument(await readFile(path, "utf8"));
      for (const [key, value] of Object.entries(keys)) {
        const parts = key.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
        if (value === undefined) document.deleteIn(parts);
        else document.setIn(parts, document.createNode(value));
      }
      await writeFile(path, document.toString());
    },
    behave: (behaviour, service = "app") => made.write({ [`${service}/behaviour`]: `${behaviour}\n` }),
    commit: () => commit(directory),
    async journal() {
      const text = await readFile(join(made.state, "test", "journal.jsonl"), "utf8").catch(() => "");
      return text
        .split("\n")
        .filter((line) => line !== "")
        .flatMap((line) => JSON.parse(line) as Event | Event[]);
    },
    async remove() {
      for (const command of made.running) {
        command.child.kill("SIGKILL");
        await tellOfUnfinished(command, root);
      }
      const isStarted = existsSync(join(made.state, "test", "local"));
      const stop = isStarted ? await cli(made, ["stop"]) : null;
      const left = await leftoversOf(root);
      await rm(root, { recursive: true, force: true });
      if (stop && stop.exitCode !== 0) throw new Error(`The environment was not stopped:\n${stop.stderr}`);
      if (left.length > 0) throw new Error(`Left running:\n${left.join("\n")}`);
    },
  };
  await made.write({
    ".gitignore": "out/\ndist/\n",
    ".deploy/project.yaml": stringify({ ...projectOf(services), ...project }),
    ".deploy/test-config.yaml": stringify({ ...quick, ...environment }),
  });
  for (const service of services) {
    await cp(join(import.meta.dirname, "app", "server.js"), join(directory, service, "server.js"));
    await made.write({ [`${service}/package.json`]: '{"type":"module"}\n' });
    await made.behave("ok", service);
  }
  await git(directory, "init", "--quiet", "--initial-branch=main");
  await made.commit();
  return made;
}

/** A command that outlived its test is one that hangs: what it and its host said last is what one needs to find out why. */
async function tellOfUnfinished({ child, stderr }: RunningCommand, root: string): Promise<void> {
  const last = (text: string) => text.split("\n").slice(-25).join("\n");
  const read = (path: string) => readFile(join(root, "state", "test", path), "utf8").catch(() => "none\n");
  console.error(
    [
      `Still running when its test was over: ${child.spawnargs.join(" ")}`,
      last(stderr()),
      `The journal:\n${last(await read("journal.jsonl"))}`,
      `The state:\n${await read("local/state.json")}`,
      `The host:\n${last(await read("local/host.log"))}`,
    ].join("\n\n"),
  );
}

const projectOf = (services: readonly string[]) => ({
  name: "small",
  services: services.map((name) => ({
    name,
    path: name,
    command: ["node", "server.js"],
    build: {
      build: ["sh", "-c", "mkdir -p dist && cp behaviour server.js package.json dist/"],
      output: "dist",
    },
    smoke: [{ name: "it answers", path: "/" }],
  })),
  scan: { dependencies: { enabled: false } },
});

/** The whole way of production in two seconds. */
const quick = {
  environment: "test",
  strategy: "canary",
  healthCheck: { timeout: "2s", interval: "100ms", retries: 40 },
  canary: {
    steps: [
      { weight: 5, pause: "300ms" },
      { weight: 25, pause: "300ms" },
      { weight: 50, pause: "300ms" },
      { weight: 100 },
    ],
    analysis: { interval: "100ms", minRequests: 4, maxHold: "8s" },
  },
};

const identity = {
  GIT_AUTHOR_NAME: "Small",
  GIT_AUTHOR_EMAIL: "small@example.com",
  GIT_COMMITTER_NAME: "Small",
  GIT_COMMITTER_EMAIL: "small@example.com",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
};

const git = (directory: string, ...args: string[]): Promise<string> =>
  execute("git", args, { cwd: directory, env: { ...process.env, ...identity } }).then(({ stdout }) =>
    stdout.trim(),
  );

async function commit(directory: string): Promise<string> {
  await git(directory, "add", "--all");
  await git(directory, "commit", "--quiet", "--allow-empty", "--message", "A release");
  return git(directory, "rev-parse", "HEAD");
}
