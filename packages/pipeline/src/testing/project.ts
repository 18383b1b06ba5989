import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Context, type OpenOptions, openEnvironment } from "../context.ts";

/** A project in a folder of its own, with a repository of git and the state of its environments. */
export interface TestProject {
  readonly directory: string;
  readonly state: string;
  write(files: Record<string, string>): void;
  git(...args: string[]): string;
  /** Opens an environment with the local target; its host starts with the first change. */
  open(environment: string, options?: Partial<OpenOptions>): Promise<Context>;
  /** Ends what was opened and deletes everything. */
  remove(): Promise<void>;
}

const service = join(import.meta.dirname, "service.mjs");

/** Every service is `service.mjs`: it says its version, answers its health check and asks its dependencies. */
export function testProject(files: Record<string, string>, services: readonly string[] = []): TestProject {
  const root = mkdtempSync(join(tmpdir(), "sluice-pipeline-"));
  const directory = join(root, "project");
  const opened: Context[] = [];
  const project: TestProject = {
    directory,
    state: join(root, "state"),
    write(more) {
      for (const [path, content] of Object.entries(more)) {
        mkdirSync(dirname(join(directory, path)), { recursive: true });
        writeFileSync(join(directory, path), content);
      }
    },
    git: (...args) =>
      execFileSync(
        "git",
        ["-C", directory, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", ...args],
        { encoding: "utf8", env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null" } },
      ).trim(),
    async open(environment, options = {}) {
      const context = await openEnvironment({
        directory,
        configDirectory: ".deploy",
        environment,
        out: "out",
        stateDirectory: project.state,
        variables: { PATH: process.env.PATH, USER: "anna" },
        hostEntry: join(import.meta.dirname, "../../../local/src/host/main.ts"),
        signal: new AbortController().signal,
        onProgress: () => {},
        ...options,
      });
      opened.push(context);
      return context;
    },
    async remove() {
      for (const { target } of opened) await target.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
  project.write(files);
  for (const name of services) {
    mkdirSync(join(directory, name), { recursive: true });
    cpSync(service, join(directory, name, "service.mjs"));
  }
  return project;
}
