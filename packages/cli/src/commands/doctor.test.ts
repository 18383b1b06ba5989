import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { which } from "@sluice/process";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { folderWith, repositoryWith, smallProject } from "../testing/repository.ts";
import { sluice } from "../testing/terminal.ts";

afterEach(() => void vi.unstubAllEnvs());

/** Only these programs are installed; a text is the script of one that is not the real one. */
function install(programs: Record<string, string | true>): void {
  const bin = folderWith({});
  for (const [name, script] of Object.entries(programs))
    if (script === true) symlinkSync(which(name)!, join(bin, name));
    else writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", bin);
}

async function listen(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

const doctor = (directory: string, ...args: string[]) =>
  sluice("doctor", "-C", directory, "--state-dir", join(directory, "state"), ...args);

describe("sluice doctor", () => {
  test("ends with 0 where everything needed is there; what is not needed is called absent (R060)", async () => {
    install({ git: true });
    const { stdout, exitCode } = await doctor(repositoryWith(smallProject));
    expect(stdout).toMatch(/^ok {6}git: git \d/m);
    expect(stdout).toMatch(/^absent {2}docker: not on the PATH\n +It is needed only for images/m);
    expect(stdout).toMatch(/^absent {2}kubectl: /m);
    expect(exitCode, stdout).toBe(0);
  });

  test("names what is missing and how to get it, and ends with 1 (R060)", async () => {
    install({});
    const { stdout, exitCode } = await doctor(folderWith(smallProject));
    expect(stdout).toMatch(/^MISSING git: not on the PATH\n +Install it with .*apt-get install git/m);
    expect(exitCode).toBe(1);
  });

  test("says that git is too old", async () => {
    install({ git: "echo git version 1.8.3" });
    const { stdout, exitCode } = await doctor(folderWith(smallProject));
    expect(stdout).toContain("MISSING git: git 1.8.3, at least 2.20 is needed");
    expect(exitCode).toBe(1);
  });

  test("says that a folder is no repository, and what that means", async () => {
    const { stdout } = await doctor(folderWith(smallProject));
    expect(stdout).toMatch(/^absent {2}git: .* has no history: .*not a git repository/m);
    expect(stdout).toContain("every command needs `--version`");
  });

  test("looks at the ports of an environment: one that another program has is missing", async () => {
    const port = await listen();
    const directory = repositoryWith({
      ...smallProject,
      ".deploy/dev-config.yaml": `${smallProject[".deploy/dev-config.yaml"]}services: {web: {port: ${port}}}\n`,
    });
    const { stdout, exitCode } = await doctor(directory, "-e", "dev");
    expect(stdout).toContain(`MISSING port ${port} of web: another program listens on it`);
    expect(stdout).toContain("name another port in .deploy/dev-config.yaml");
    expect(exitCode).toBe(1);
  });

  test("looks at secrets by name and never shows them; the database is asked (R483)", async () => {
    const directory = repositoryWith({
      ...smallProject,
      ".deploy/project.yaml": `${smallProject[".deploy/project.yaml"]}    secrets: [API_TOKEN, OTHER]\ndatabase: {}\n`,
    });
    vi.stubEnv("API_TOKEN", "do-not-show-me");
    vi.stubEnv("DATABASE_URL", "");
    const { stdout, exitCode } = await doctor(directory, "-e", "dev");
    expect(stdout).toContain("ok      secret API_TOKEN: set");
    expect(stdout).toContain("MISSING secret OTHER: not set");
    expect(stdout).toContain("MISSING database: DATABASE_URL is not set");
    expect(stdout).not.toContain("do-not-show-me");
    expect(exitCode).toBe(1);
  });

  test("says what is wrong with the configuration, and where all of it is shown", async () => {
    const directory = repositoryWith({
      ...smallProject,
      ".deploy/dev-config.yaml": "environment: 1\nfoo: 2\n",
    });
    const { stdout, exitCode } = await doctor(directory, "-e", "dev");
    expect(stdout).toMatch(/^MISSING configuration of dev: .*\n +`sluice lint` shows every mistake/m);
    expect(exitCode).toBe(1);
  });

  test("refuses a state directory that is a file, and makes none by looking (R475)", async () => {
    const directory = repositoryWith(smallProject);
    writeFileSync(join(directory, "file"), "");
    expect((await doctor(directory, "--state-dir", join(directory, "file"))).stdout).toMatch(
      /^MISSING state directory: .*file is not a folder/m,
    );
    const state = join(directory, "a/b");
    expect((await doctor(directory, "--state-dir", state)).stdout).toContain(
      `ok      state directory: ${state}`,
    );
    expect(existsSync(join(directory, "a"))).toBe(false);
  });

  test("--json gives the findings as they are", async () => {
    const { stdout } = await doctor(folderWith(smallProject), "--json");
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ what: "node", state: "ok" }));
  });
});
