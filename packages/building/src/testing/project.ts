import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Progress } from "@sluice/ports";
import { onTestFinished } from "vitest";
import { build } from "../build.ts";
import type { BuildRequest, ServiceToBuild } from "../request.ts";

/** A project on disk for one test, with a small way to build it. */
export function project(files: Record<string, string> = {}) {
  const home = mkdtempSync(join(tmpdir(), "building-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const directory = join(home, "project");
  const artifactDirectory = join(home, "out");
  const write = (path: string, content: string, mode = 0o644) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
    chmodSync(join(directory, path), mode);
  };
  mkdirSync(directory);
  for (const [path, content] of Object.entries(files)) write(path, content);

  const said: Progress[] = [];
  return {
    home,
    directory,
    artifactDirectory,
    write,
    said,
    git: (...args: string[]) =>
      execFileSync(
        "git",
        ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-C", directory, ...args],
        {
          encoding: "utf8",
          env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
        },
      ).trim(),
    /** PATH with programs of the test before all others. */
    pathWith(programs: Record<string, string>): string {
      for (const [name, script] of Object.entries(programs)) {
        mkdirSync(join(home, "bin"), { recursive: true });
        writeFileSync(join(home, "bin", name), script, { mode: 0o755 });
      }
      return `${join(home, "bin")}:${process.env.PATH}`;
    },
    build: (services: ServiceToBuild[], part: Partial<BuildRequest> = {}) =>
      build({
        directory,
        artifactDirectory,
        services,
        version: "1.2.3",
        images: "never",
        onProgress: (progress) => said.push(progress),
        ...part,
      }),
  };
}

/** A service whose build copies `src` to `dist`. */
export const service = (part: Partial<ServiceToBuild> = {}): ServiceToBuild => ({
  name: "orders",
  path: "services/orders",
  build: "rm -rf dist && cp -r src dist",
  output: "dist",
  ...part,
});

export const lcov = (file: string, hits: readonly number[]) =>
  [`SF:${file}`, ...hits.map((hit, index) => `DA:${index + 1},${hit}`), "end_of_record", ""].join("\n");
