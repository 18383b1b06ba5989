import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { digestOf } from "@sluice/documents";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { archiveDirectory } from "./archive.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "archive-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(root: string, files: Record<string, string>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, root, path)), { recursive: true });
    writeFileSync(join(home, root, path), content);
  }
  return join(home, root);
}

const longName = `${"deep/".repeat(20)}${"x".repeat(120)}.txt`;

describe("an archive", () => {
  test("of the same content has the same digest, whoever made the content and when (R154, R157)", async () => {
    const one = write("one", { "a.js": "a", "lib/b.js": "b", "lib/c.js": "c" });
    const two = write("two", { "lib/c.js": "c", "lib/b.js": "b", "a.js": "a" });
    utimesSync(join(two, "a.js"), 1, 1);
    chmodSync(join(two, "a.js"), 0o664);
    chmodSync(join(two, "lib"), 0o700);
    const first = await archiveDirectory(one, join(home, "1.tar.gz"));
    const second = await archiveDirectory(two, join(home, "2.tar.gz"));
    expect(second).toEqual(first);

    writeFileSync(join(two, "a.js"), "A");
    expect((await archiveDirectory(two, join(home, "3.tar.gz"))).digest).not.toBe(first.digest);
  });

  test("has the digest and the size of the file", async () => {
    const file = join(home, "1.tar.gz");
    const { digest, bytes } = await archiveDirectory(write("one", { "a.js": "a" }), file);
    expect(digest).toBe(digestOf(readFileSync(file)));
    expect(bytes).toBe(statSync(file).size);
  });

  test("comes out of tar as it went in", async () => {
    const files = {
      "server.js": "#!/usr/bin/env node\n",
      "größe/ümlaut €.txt": "utf-8",
      "exactly-one-block": "x".repeat(512),
      "larger than a chunk": "y".repeat(300_000),
      "empty.txt": "",
      [longName]: "long",
    };
    const from = write("from", files);
    chmodSync(join(from, "server.js"), 0o755);
    mkdirSync(join(from, "empty"));
    symlinkSync("../server.js", join(from, "empty/link"));
    symlinkSync(`deep/${"../deep/".repeat(20)}`, join(from, "long-link"));
    mkdirSync(join(from, ".git"));
    writeFileSync(join(from, ".git/config"), "[core]");

    const file = join(home, "a/new/directory/x.tar.gz");
    await archiveDirectory(from, file);
    const to = join(home, "to");
    mkdirSync(to);
    execFileSync("tar", ["-xzf", file, "-C", to]);

    for (const [path, content] of Object.entries(files)) {
      expect(readFileSync(join(to, path), "utf8"), path).toBe(content);
    }
    expect(statSync(join(to, "server.js")).mode & 0o777).toBe(0o755);
    expect(statSync(join(to, "empty.txt")).mode & 0o777).toBe(0o644);
    expect(readlinkSync(join(to, "empty/link"))).toBe("../server.js");
    expect(readlinkSync(join(to, "long-link"))).toBe(`deep/${"../deep/".repeat(20)}`);
    expect(readdirSync(to)).not.toContain(".git");
  });

  test.each([
    ["/etc/passwd", "link"],
    ["../../secret", "lib/link"],
    ["..", "link"],
  ])("refuses a symlink to %s from %s and leaves nothing behind", async (target, link) => {
    const from = write("from", { "lib/a.js": "a" });
    symlinkSync(target, join(from, link));
    await expect(archiveDirectory(from, join(home, "artifacts/x.tar.gz"))).rejects.toMatchObject({
      reasonCode: "build.artifact-failed",
      message: expect.stringContaining(target),
    });
    expect(readdirSync(home)).toEqual(["from"]);
  });

  test("refuses a directory that is missing or has no file", async () => {
    await expect(archiveDirectory(join(home, "dist"), join(home, "x.tar.gz"))).rejects.toMatchObject({
      reasonCode: "build.artifact-failed",
      message: expect.stringContaining(join(home, "dist")),
    });
    mkdirSync(join(home, "dist/empty"), { recursive: true });
    await expect(archiveDirectory(join(home, "dist"), join(home, "x.tar.gz"))).rejects.toThrow("has no file");
  });

  test("refuses what is neither file, directory nor link", async () => {
    const from = write("from", { "a.js": "a" });
    execFileSync("mkfifo", [join(from, "pipe")]);
    await expect(archiveDirectory(from, join(home, "x.tar.gz"))).rejects.toThrow("neither a file");
  });

  test("says when it cannot be written", async () => {
    const from = write("from", { "a.js": "a" });
    writeFileSync(join(home, "file"), "");
    await expect(archiveDirectory(from, join(home, "file/x.tar.gz"))).rejects.toMatchObject({
      reasonCode: "build.artifact-failed",
    });
  });

  test("keeps the old one when it is cancelled", async () => {
    const from = write("from", { "a.js": "a" });
    const file = join(home, "x.tar.gz");
    const before = await archiveDirectory(from, file);
    writeFileSync(join(from, "a.js"), "b");
    await expect(
      archiveDirectory(from, file, { signal: AbortSignal.abort(new Error("enough")) }),
    ).rejects.toThrow("enough");
    expect(digestOf(readFileSync(file))).toBe(before.digest);
    expect(readdirSync(home).sort()).toEqual(["from", "x.tar.gz"]);
  });

  test("keeps the old one when the disk is full", async (context) => {
    const disk = join(home, "disk");
    mkdirSync(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      return context.skip("a small disk can only be mounted as root");
    }
    try {
      const from = write("from", { "a.js": "a" });
      const file = join(disk, "x.tar.gz");
      const before = await archiveDirectory(from, file);
      // Random bytes do not get smaller.
      execFileSync("dd", ["if=/dev/urandom", `of=${join(from, "big")}`, "bs=1k", "count=256"], {
        stdio: "ignore",
      });
      await expect(archiveDirectory(from, file)).rejects.toMatchObject({
        reasonCode: "build.artifact-failed",
        message: expect.stringContaining("disk is full"),
      });
      expect(digestOf(readFileSync(file))).toBe(before.digest);
      expect(readdirSync(disk)).toEqual(["x.tar.gz"]);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});
