import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A real git repository in a temporary directory, for one test. */
export class TestRepository {
  readonly directory: string;
  readonly output: string;

  constructor({ git = true } = {}) {
    this.directory = mkdtempSync(join(tmpdir(), "sluice-scan-"));
    this.output = mkdtempSync(join(tmpdir(), "sluice-scan-out-"));
    onTestFinished(() => {
      for (const path of [this.directory, this.output]) rmSync(path, { recursive: true, force: true });
    });
    if (git) this.git("init", "-q", "-b", "main");
  }

  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.directory, file)), { recursive: true });
      writeFileSync(join(this.directory, file), content);
    }
  }

  /** Commits everything and returns the commit. */
  commit(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
    this.write(files);
    this.git("add", "-A");
    this.git("-c", "user.name=t", "-c", "user.email=t@t.test", "commit", "-q", "--allow-empty", "-m", "c");
    return this.git("rev-parse", "HEAD").trim();
  }

  git(...args: string[]): string {
    return execFileSync("git", args, { cwd: this.directory, encoding: "utf8" });
  }
}

/** A clock that does not wait: retries are immediate, and what was waited is kept. */
export class ImpatientClock {
  readonly waits: number[] = [];
  now = () => Date.now();
  sleep = async (milliseconds: number) => {
    this.waits.push(milliseconds);
  };
}
